// A person's kubeconfig file: one context of ours goes in and out, everything else stays as it is.
//
// The file is changed as a YAML document, so that comments and what we do not know survive.
// Source: how kind and client-go's clientcmd treat the file (KUBECONFIG may list several; the first is written)

import { homedir } from 'node:os'
import path from 'node:path'
import { type Document, parse, parseDocument } from 'yaml'
import { UserError } from '#cluster/user-error.ts'
import { readTextIfExists, writeFileAtomically } from '#sys/files.ts'

interface Named {
  readonly name: string
}

/** The file that kubectl would write: the first of $KUBECONFIG, or ~/.kube/config. */
export function kubeconfigPath(env: NodeJS.ProcessEnv = process.env): string {
  const first = (env['KUBECONFIG'] ?? '').split(':').find((entry) => entry !== '')
  return first ?? path.join(homedir(), '.kube', 'config')
}

/** Puts the one cluster, user and context of `ours` (a kubeconfig) in and makes the context current. Pure. */
export function withContext(text: string, ours: string): string {
  const document = documentOf(text)
  const added = parse(ours) as Record<'clusters' | 'users' | 'contexts', Named[]> & {
    'current-context': string
  }
  for (const list of ['clusters', 'users', 'contexts'] as const) {
    for (const entry of added[list]) setNamed(document, list, entry)
  }
  document.set('current-context', added['current-context'])
  return document.toString()
}

/** Takes the cluster, user and context `name` out; a current context of that name becomes none. Pure. */
export function withoutContext(text: string, name: string): string {
  const document = documentOf(text)
  for (const list of ['clusters', 'users', 'contexts']) {
    const entries = namedEntries(document, list)
    const position = entries.findIndex((entry) => entry.name === name)
    if (position >= 0) document.deleteIn([list, position])
  }
  if (document.get('current-context') === name) document.set('current-context', '')
  return document.toString()
}

export async function addContext(file: string, ours: string): Promise<void> {
  const text = (await readTextIfExists(file)) ?? ''
  const next = withContext(text, ours)
  if (next !== text) await writeFileAtomically(file, next, 0o600)
}

export async function removeContext(file: string, name: string): Promise<void> {
  const text = await readTextIfExists(file)
  if (text === undefined) return
  const next = withoutContext(text, name)
  if (next !== text) await writeFileAtomically(file, next, 0o600)
}

function documentOf(text: string): Document {
  const document = parseDocument(
    text.trim() === '' ? 'apiVersion: v1\nkind: Config\nclusters: []\nusers: []\ncontexts: []\n' : text,
  )
  if (document.errors.length > 0) {
    throw new UserError(
      `Your kubeconfig is no YAML (${document.errors[0]?.message}): mend it, or point KUBECONFIG elsewhere.`,
    )
  }
  return document as unknown as Document
}

function namedEntries(document: Document, list: string): readonly Named[] {
  const entries = (document.toJS() as Record<string, unknown> | null)?.[list]
  return Array.isArray(entries) ? entries : []
}

function setNamed(document: Document, list: string, entry: Named): void {
  const entries = namedEntries(document, list)
  const position = entries.findIndex((candidate) => candidate.name === entry.name)
  if (position >= 0) document.setIn([list, position], document.createNode(entry))
  else if (entries.length === 0) document.set(list, document.createNode([entry]))
  else document.addIn([list], document.createNode(entry))
}
