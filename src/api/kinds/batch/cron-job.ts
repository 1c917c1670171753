// CronJob: starts a Job at given times.
//
// Upstream: pkg/registry/batch/cronjob/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { CronJob } from '#api/types/batch.ts'
import type { Draft } from '#api/types/wire.ts'

export const cronJob = defineKind<Draft<CronJob>>({
  group: 'batch',
  kind: 'CronJob',
  resource: 'cronjobs',
  singular: 'cronjob',
  shortNames: ['cj'],
  categories: ['all'],
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  status: {},
})
