// The operations over plain HTTP, in JSON or protobuf.

import type { Connection } from '#bench/api/connection.ts'
import type { ListQuery, LoopOperation } from '#bench/api/jobs.ts'
import {
  type Encoding,
  encode,
  mediaTypeOf,
  namespaceOf,
  POD_COUNT,
  podName,
  podOf,
} from '#bench/api/objects.ts'
import { RawClient } from '#bench/api/raw-client.ts'

export interface Operations {
  perform(
    operation: LoopOperation,
    index: number,
    round: number,
    namespace: string | undefined,
  ): Promise<void>
  list(query: ListQuery): Promise<void>
  /** From the beginning until all pods are there. */
  sync(): Promise<void>
  close(): void
}

export function rawOperations(connection: Connection, encoding: Encoding, connections: number): Operations {
  const client = new RawClient(connection, connections)
  const accept = mediaTypeOf(encoding)
  return {
    async perform(operation, index, round, scratch) {
      const namespace = scratch ?? namespaceOf(index)
      const request = loopRequest(operation, namespace, index, round, encoding)
      await client.expect({ accept, ...request })
    },

    async list(query) {
      let token = ''
      do {
        const answer = await client.expect(
          { method: 'GET', path: listPath(query, token), accept },
          query.limit !== undefined,
        )
        token = query.limit === undefined ? '' : continueOf(answer.body!)
      } while (token !== '')
    },

    // as client-go: by a watch, and where the server cannot do that, by a list
    sync: () =>
      watchInitial(client, accept).catch(async () => {
        await client.expect({ method: 'GET', path: listPath({}, ''), accept })
      }),
    close: () => client.close(),
  }
}

function loopRequest(
  operation: LoopOperation,
  namespace: string,
  index: number,
  round: number,
  encoding: Encoding,
) {
  const collection = `/api/v1/namespaces/${namespace}/pods`
  const name = podName(index)
  const path = `${collection}/${name}`
  const label = { metadata: { labels: { round: `r${round}` } } }
  switch (operation) {
    case 'get':
      return { method: 'GET', path }
    case 'create':
      return { ...withBody(podOf(namespace, name, index), encoding), method: 'POST', path: collection }
    case 'update': {
      const pod = podOf(namespace, name, index)
      const metadata = pod['metadata'] as { labels: Record<string, string> }
      metadata.labels['round'] = `r${round}`
      return { ...withBody(pod, encoding), method: 'PUT', path }
    }
    case 'patch':
      return {
        method: 'PATCH',
        path,
        contentType: 'application/strategic-merge-patch+json',
        body: JSON.stringify(label),
      }
    case 'apply': {
      const body = { apiVersion: 'v1', kind: 'Pod', metadata: { ...label.metadata, name } }
      const query = 'fieldManager=bench-apply&force=true'
      return {
        method: 'PATCH',
        path: `${path}?${query}`,
        contentType: 'application/apply-patch+yaml',
        body: JSON.stringify(body),
      }
    }
  }
}

const withBody = (object: Parameters<typeof encode>[0], encoding: Encoding) => ({
  contentType: mediaTypeOf(encoding),
  body: encode(object, encoding),
})

export function listPath(
  { namespace, labelSelector, limit, resourceVersion }: ListQuery,
  token: string,
): string {
  const query = new URLSearchParams({
    ...(labelSelector !== undefined && { labelSelector }),
    ...(limit !== undefined && { limit: String(limit) }),
    ...(resourceVersion !== undefined && { resourceVersion }),
    ...(token !== '' && { continue: token }),
  })
  return `/api/v1/${namespace === undefined ? '' : `namespaces/${namespace}/`}pods?${query}`
}

/** The token is text in either encoding: base64 of JSON, which begins with `{"v`. */
function continueOf(body: Buffer): string {
  const head = body.subarray(0, 2_000).toString('latin1')
  const tail = body.subarray(-2_000).toString('latin1')
  return /eyJ2[A-Za-z0-9_-]+=*/.exec(`${head}\n${tail}`)?.[0] ?? ''
}

/** The initial state by a watch. The original ends it on an etcd before 3.4.25, which cannot say that nothing has changed. */
async function watchInitial(client: RawClient, accept: string): Promise<void> {
  const query = 'watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan'
  let tail = ''
  let sizeBytes = 0
  let end: () => void = () => undefined
  await new Promise<void>((resolve, reject) => {
    const path = `/api/v1/pods?${query}&timeoutSeconds=600`
    const onData = (chunk: Buffer) => {
      sizeBytes += chunk.length
      tail = tail.slice(-100) + chunk.toString('latin1').slice(-400)
      if (tail.includes('initial-events-end')) resolve()
    }
    client.stream({ method: 'GET', path, accept }, onData, reject).then((close) => {
      end = close
    }, reject)
  })
  end()
  if (sizeBytes < POD_COUNT) throw new Error('the initial state is empty')
}
