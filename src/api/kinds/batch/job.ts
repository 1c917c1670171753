// Job: runs pods until a number of them has succeeded.
//
// Upstream: pkg/registry/batch/job/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { Job } from '#api/types/batch.ts'
import type { Draft } from '#api/types/wire.ts'

export const job = defineKind<Draft<Job>>({
  group: 'batch',
  kind: 'Job',
  resource: 'jobs',
  singular: 'job',
  categories: ['all'],
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  status: {},
})
