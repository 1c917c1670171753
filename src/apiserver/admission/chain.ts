// What may still change or refuse an authorized write: all plugins, mutating first, then validating.
//
// The registry decodes and defaults an object, calls `mutate`, defaults again what plugins added, validates it, and
// calls `validate` right before it stores (and with each new attempt of an update). The order of the list is
// upstream's: later mutators see what earlier ones wrote, and ResourceQuota charges last, when nothing else can refuse.
// When a webhook has changed an object, the mutating plugins pass once more: those before it may have more to say.
// Upstream: pkg/kubeapiserver/options/plugins.go, staging/src/k8s.io/apiserver/pkg/admission/chain.go

import type { AdmissionPlugin, AdmissionRequest } from '#apiserver/admission/plugin.ts'

export interface Admission {
  /** May change `request.object` in place; throws StatusError to refuse. */
  mutate(request: AdmissionRequest): Promise<void>
  /** Throws StatusError to refuse. */
  validate(request: AdmissionRequest): Promise<void>
}

/** Told how long each plugin took (undefined: all of a step), in upstream's words for the two steps. */
export interface AdmissionMeasure {
  now(): number
  done(
    plugin: string | undefined,
    type: 'admit' | 'validate',
    operation: string,
    isRejected: boolean,
    startMs: number,
  ): void
}

const NOT_MEASURED: AdmissionMeasure = { now: () => 0, done: () => undefined }

export function createAdmission(
  plugins: readonly AdmissionPlugin[],
  measure: AdmissionMeasure = NOT_MEASURED,
): Admission {
  async function timed(
    plugin: string | undefined,
    type: 'admit' | 'validate',
    { operation }: AdmissionRequest,
    call: () => Promise<void>,
  ): Promise<void> {
    const startMs = measure.now()
    let isRejected = true
    try {
      await call()
      isRejected = false
    } finally {
      measure.done(plugin, type, operation, isRejected, startMs)
    }
  }

  return {
    async mutate(request) {
      const memory = new Map<string, unknown>()
      let wantsSecond = false
      const pass = async (isSecond: boolean): Promise<void> => {
        const round = {
          isSecond,
          memory,
          askForSecond: () => {
            wantsSecond = true
          },
        }
        for (const plugin of plugins) {
          if (!plugin.mutate || !plugin.handles(request)) continue
          await timed(plugin.name, 'admit', request, async () => plugin.mutate?.(request, round))
        }
      }
      await timed(undefined, 'admit', request, async () => {
        await pass(false)
        if (wantsSecond) await pass(true)
      })
    },
    async validate(request) {
      await timed(undefined, 'validate', request, async () => {
        for (const plugin of plugins) {
          if (!plugin.validate || !plugin.handles(request)) continue
          await timed(plugin.name, 'validate', request, async () => plugin.validate?.(request))
        }
      })
    },
  }
}
