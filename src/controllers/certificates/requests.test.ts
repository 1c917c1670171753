import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  apiClientProblem,
  kubeletClientProblem,
  kubeletServingProblem,
} from '#controllers/certificates/requests.ts'

const NODE = {
  commonName: 'system:node:n1',
  organizations: ['system:nodes'],
  dnsNames: [],
  ipAddresses: [],
  emailAddresses: [],
  uris: [],
}
const CLIENT = ['digital signature', 'client auth']
const SERVING = ['digital signature', 'key encipherment', 'server auth']

const rows: readonly [name: string, problem: string | undefined, expected: string | undefined][] = [
  ['a node', kubeletClientProblem(NODE, CLIENT), undefined],
  ['a node with an RSA key', kubeletClientProblem(NODE, [...CLIENT, 'key encipherment']), undefined],
  [
    'not only of the nodes',
    kubeletClientProblem({ ...NODE, organizations: ['system:nodes', 'x'] }, CLIENT),
    'subject organization is not system:nodes',
  ],
  [
    'with a name of a host',
    kubeletClientProblem({ ...NODE, dnsNames: ['n1'] }, CLIENT),
    'DNS subjectAltNames are not allowed',
  ],
  [
    'a node as server',
    kubeletClientProblem(NODE, SERVING),
    'usages did not match [client auth digital signature key encipherment]',
  ],
  [
    'not named as a node',
    kubeletClientProblem({ ...NODE, commonName: 'n1' }, CLIENT),
    'subject common name does not begin with system:node:',
  ],
  ['a serving node', kubeletServingProblem({ ...NODE, dnsNames: ['n1'] }, SERVING), undefined],
  ['a server without address', kubeletServingProblem(NODE, SERVING), 'DNS or IP subjectAltName is required'],
  ['a client', apiClientProblem(['client auth']), undefined],
  [
    'a server as client',
    apiClientProblem(['server auth']),
    'invalid usage for client certificate: server auth',
  ],
  [
    'nothing as client',
    apiClientProblem(['digital signature']),
    'missing required usage for client certificate: client auth',
  ],
]

for (const [name, problem, expected] of rows) {
  test(`${name}: ${expected ?? 'fine'}`, () => assert.equal(problem, expected))
}
