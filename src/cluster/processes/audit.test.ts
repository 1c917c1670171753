import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { openAudit } from '#cluster/processes/audit.ts'
import { readServerArgs } from '#cluster/server-flags.ts'
import { UserError } from '#cluster/user-error.ts'
import { systemClock } from '#sys/clock.ts'
import { silentLogger } from '#sys/log.ts'
import { systemRandom } from '#sys/random.ts'

const BASE = { clock: systemClock, random: systemRandom, log: silentLogger }

describe('audit by flags', () => {
  let folder = ''
  let policy = ''
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'k8ts-audit-flags-'))
    policy = path.join(folder, 'policy.yaml')
    await writeFile(policy, 'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n')
  })
  after(() => rm(folder, { recursive: true, force: true }))
  const open = (...args: readonly string[]) => openAudit(readServerArgs(args), BASE)

  test('there is none without a policy, nor without a place for events', async () => {
    assert.equal(await open(`audit-log-path=${folder}/a.log`), undefined)
    assert.equal(await open(`audit-policy-file=${policy}`), undefined)
  })

  test('a log is made with its folder, for its owner alone', async () => {
    const file = path.join(folder, 'logs', 'audit.log')
    const auditor = await open(`audit-policy-file=${policy}`, `audit-log-path=${file}`)
    assert.ok(auditor)
    await auditor.close()
    assert.equal(await readFile(file, 'utf8'), '')
  })

  const refusals: readonly (readonly [args: readonly string[], message: string])[] = [
    [
      ['audit-webhook-batch-max-size=0'],
      'invalid audit batch webhook max batch size 0, must be a positive number',
    ],
    [['audit-log-batch-buffer-size=0'], 'invalid audit batch log buffer size 0, must be a positive number'],
    [
      ['audit-log-truncate-max-event-size=0'],
      'invalid audit truncate log max event size 0, must be a positive number',
    ],
    [
      ['audit-webhook-truncate-max-batch-size=10'],
      'invalid audit truncate webhook max batch size 10, must be greater than max event size (102400)',
    ],
  ]
  for (const [args, message] of refusals)
    test(args.join(' '), () => assert.rejects(open(...args), new UserError(message)))

  test('a policy that is none is told with its file', async () => {
    const file = path.join(folder, 'empty.yaml')
    await writeFile(file, 'apiVersion: audit.k8s.io/v1\nkind: Policy\n')
    await assert.rejects(open(`audit-policy-file=${file}`), {
      message: `loading audit policy file: loaded illegal policy with 0 rules: from file ${file}`,
    })
  })
})
