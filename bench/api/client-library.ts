// @kubernetes/client-node as it is, on every Node that k8ts runs on.
//
// Its HTTP library takes for granted what Node has only since 22. So before it is loaded, that is put there where it is
// missing: a way to make a promise, and two functions that are looked for and not used here (no server is asked for
// Zstandard, and nothing is sent to a worker).

import workers from 'node:worker_threads'
import zlib from 'node:zlib'

const addMissing = (target: object, name: string, value: unknown): void => {
  if (!(name in target)) Object.defineProperty(target, name, { value })
}

addMissing(Promise, 'withResolvers', () => {
  const parts: Record<string, unknown> = {}
  parts['promise'] = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }))
  return parts
})
addMissing(workers, 'markAsUncloneable', () => undefined)
addMissing(zlib, 'createZstdDecompress', () => {
  throw new Error('this Node knows no Zstandard')
})

export const { CoreV1Api, KubeConfig, makeInformer, PatchStrategy, setHeaderOptions } = await import(
  '@kubernetes/client-node'
)
