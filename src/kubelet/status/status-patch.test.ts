import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PodStatus } from '#api/types/core.ts'
import { statusPatch } from '#kubelet/status/status-patch.ts'

const ready = { type: 'Ready', status: 'True', lastTransitionTime: 't' }

const rows: Readonly<Record<string, [old: PodStatus, next: PodStatus, patch: unknown]>> = {
  'nothing changed': [{ phase: 'Running' }, { phase: 'Running' }, undefined],
  'null is the same as absent': [
    { conditions: [{ ...ready, lastProbeTime: null as never }] },
    { conditions: [ready] },
    undefined,
  ],
  'a field': [{ phase: 'Pending' }, { phase: 'Running' }, { phase: 'Running' }],
  'a field that is gone': [{ reason: 'r' }, {}, { reason: null }],
  'addresses are replaced whole': [
    { podIPs: [{ ip: 'a' }] },
    { podIPs: [{ ip: 'b' }] },
    { podIPs: [{ ip: 'b' }, { $patch: 'replace' }] },
  ],
  'maps are merged': [
    { resources: { limits: { cpu: '1', memory: '1Mi' } } },
    { resources: { limits: { cpu: '2' } } },
    { resources: { limits: { cpu: '2', memory: null } } },
  ],
  'a condition and what is gone of it': [
    { conditions: [{ type: 'Ready', status: 'False', reason: 'r', message: 'm' }] },
    { conditions: [ready] },
    {
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: 't', reason: null, message: null }],
      '$setElementOrder/conditions': [{ type: 'Ready' }],
    },
  ],
  'a condition that is gone': [
    { conditions: [ready, { type: 'PodResizePending', status: 'True' }] },
    { conditions: [ready] },
    {
      conditions: [{ $patch: 'delete', type: 'PodResizePending' }],
      '$setElementOrder/conditions': [{ type: 'Ready' }],
    },
  ],
  'fields of others are not touched': [{ resourceClaimStatuses: [] }, {}, undefined],
}

for (const [name, [old, next, patch]] of Object.entries(rows)) {
  test(`patch: ${name}`, () => assert.deepEqual(statusPatch(old, next), patch))
}
