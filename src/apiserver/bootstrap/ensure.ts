// Creates what is missing and repairs what differs, whoever else does the same at the same time.
//
// Several API servers start against one store: that somebody else was faster (AlreadyExists, Conflict) is as good as
// having done it oneself.

import type { KubeObject } from '#api/meta/object.ts'
import { isAlreadyExists, isConflict, isNotFound } from '#api/meta/status.ts'
import type { ResourceType } from '#api/resources.ts'
import { type Client, resourcePath } from '#client/client.ts'

/** What to do with an object that is there; undefined leaves it alone. */
export type Repair<T> = (
  present: T,
) => { readonly type: 'update'; readonly object: T } | { readonly type: 'recreate' } | undefined

/** With so many rounds somebody is working against us, and the next start tries again. */
const ROUNDS = 5

export async function ensure<T extends KubeObject>(
  client: Client,
  type: ResourceType<T>,
  wanted: T,
  repair: Repair<T> = () => undefined,
  fieldManager?: string,
): Promise<void> {
  const resource = client.resource(type)
  const { namespace = '', name = '' } = wanted.metadata ?? {}
  for (let round = 0; round < ROUNDS; round++) {
    try {
      const present = await unlessNotFound(resource.get(namespace, name))
      if (!present) return await create(client, type, wanted, fieldManager)
      const change = repair(present)
      if (!change) return
      if (change.type === 'recreate') await resource.delete(namespace, name)
      else {
        await resource.update(change.object)
        return
      }
    } catch (error) {
      if (!isAlreadyExists(error) && !isConflict(error) && !isNotFound(error)) throw error
    }
  }
}

async function create<T extends KubeObject>(
  client: Client,
  type: ResourceType<T>,
  object: T,
  fieldManager: string | undefined,
): Promise<void> {
  await client.request({
    method: 'POST',
    path: resourcePath(type, object.metadata?.namespace ?? ''),
    query: fieldManager === undefined ? {} : { fieldManager },
    body: object,
  })
}

/** What a read gives, or undefined where the object does not exist. */
export async function unlessNotFound<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}
