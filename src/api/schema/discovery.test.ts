// The discovery documents, compared with those that kube-apiserver v1.36.2 served.

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { allKinds } from '#api/kinds/all.ts'
import { aggregatedDiscovery, apiGroupList, apiResourceList, apiVersions } from '#api/schema/discovery.ts'
import { servedGroups } from '#api/schema/resources.ts'

const RECORDED = process.env['K8TS_UPSTREAM'] ?? path.resolve('..', 'shared', 'upstream')
const FOLDER = path.join(RECORDED, 'data', 'discovery')
const skip = existsSync(FOLDER) ? false : `no recorded documents in ${FOLDER}`

const groups = servedGroups(allKinds)
const recorded = (file: string): unknown => JSON.parse(readFileSync(path.join(FOLDER, file), 'utf8'))
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

describe('discovery is what kube-apiserver serves', { skip }, () => {
  test('/api', () => {
    assert.deepEqual(plain(apiVersions('127.0.0.1:16443')), recorded('api.json'))
  })

  test('/apis', () => {
    assert.deepEqual(plain(apiGroupList(groups)), recorded('apis.json'))
  })

  for (const file of skip ? [] : readdirSync(FOLDER).filter((name) => /^apis?_/.test(name))) {
    test(`/${file.replace('.json', '').replaceAll('_', '/')}`, () => {
      const parts = file.replace('.json', '').split('_')
      const version = parts.at(-1)
      const group = groups.find(({ name }) => name === (parts.length === 2 ? '' : parts[1]))
      const served = group?.versions.find((candidate) => candidate.version === version)
      assert.ok(group && served, `${file} is not served`)
      assert.deepEqual(plain(apiResourceList(group.name, served)), recorded(file))
    })
  }

  test('the aggregated form of /api', () => {
    assert.deepEqual(plain(aggregatedDiscovery(groups, 'api')), recorded('aggregated-api.json'))
  })

  test('the aggregated form of /apis', () => {
    assert.deepEqual(plain(aggregatedDiscovery(groups, 'apis')), recorded('aggregated-apis.json'))
  })
})
