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

export function createAdmission(plugins: readonly AdmissionPlugin[]): Admission {
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
          if (plugin.mutate && plugin.handles(request)) await plugin.mutate(request, round)
        }
      }
      await pass(false)
      if (wantsSecond) await pass(true)
    },
    async validate(request) {
      for (const plugin of plugins)
        if (plugin.validate && plugin.handles(request)) await plugin.validate(request)
    },
  }
}
