// What tests share that look at recorded states of a cluster of the original: what its controllers left behind
// must be a fixed point of ours, so looking at a settled state nothing would be written.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { KubeObject } from '#api/meta/object.ts'
import { isControlledBy } from '#controllers/owner-references.ts'

const FOLDER = process.env['K8TS_RECORDED_STATES'] ?? '/work/shared/upstream/states'

/** Why the tests cannot run here; false when they can. */
export const skip = existsSync(FOLDER) ? false : `no recordings at ${FOLDER}`

/** Long after, so that whatever needs time has had it. */
export const LATER = Date.parse('2026-11-25T00:00:00Z')

/** All objects of a scene at one moment. */
export class State {
  readonly #objects: readonly KubeObject[]

  constructor(objects: readonly KubeObject[]) {
    this.#objects = objects
  }

  all<T extends KubeObject>(kind: string): readonly T[] {
    return this.#objects.filter((object) => object.kind === kind) as unknown as readonly T[]
  }

  /** Those of a kind that `owner` controls. */
  controlledBy<T extends KubeObject>(kind: string, owner: KubeObject): readonly T[] {
    return this.all<T>(kind).filter((object) => isControlledBy(object, owner))
  }
}

/** Calls `check` for each state of each scene; gives the sum of what it gives: how much it has seen. */
export function eachState(check: (state: State, name: string) => number): number {
  let count = 0
  for (const file of readdirSync(FOLDER)) {
    const { states } = JSON.parse(readFileSync(path.join(FOLDER, file), 'utf8')) as { states: KubeObject[][] }
    for (const [i, objects] of states.entries()) count += check(new State(objects), `${file} #${i}`)
  }
  return count
}
