// Headers that may come several times, each value kept apart.
//
// Node joins repeated headers with commas; a group's name may contain one, so the headers that tell users and groups
// are taken from the raw list instead.

import type { RequestHead } from '#apiserver/request.ts'

const SEPARATE = /^(?:impersonate|x-remote)-/

export interface WithHeaders {
  readonly headers: RequestHead['headers']
  /** Name, value, name, value … */
  readonly rawHeaders: readonly string[]
}

export function separateHeaders({ headers, rawHeaders }: WithHeaders): RequestHead['headers'] {
  const lists: Record<string, string[]> = {}
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase()
    if (!SEPARATE.test(name)) continue
    const values = lists[name] ?? []
    values.push(rawHeaders[i + 1]!)
    lists[name] = values
  }
  return Object.keys(lists).length === 0 ? headers : { ...headers, ...lists }
}
