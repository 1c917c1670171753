import assert from 'node:assert/strict'
import { test } from 'node:test'
import { containerSecurity, namespacesOf, refuseRoot } from '#kubelet/containers/security.ts'
import { container, pod } from '#kubelet/pods/fixtures.ts'

const root = { uid: 0, username: '' }

test("the container's own context goes before the pod's", () => {
  const subject = pod({
    securityContext: { runAsUser: 1000, runAsGroup: 1, fsGroup: 7, supplementalGroups: [8] },
  })
  const own = containerSecurity(subject, container('main', { securityContext: { runAsUser: 5 } }), root, '/s')
  assert.deepEqual(
    [own.runAsUser, own.runAsGroup, own.supplementalGroups],
    [{ value: 5 }, { value: 1 }, [7, 8]],
  )
})

test('without a user in the spec the image decides', () => {
  const security = (image: typeof root | { uid: undefined; username: string }) =>
    containerSecurity(pod(), container('main'), image, '/s')
  assert.deepEqual(security({ uid: 7, username: '' }).runAsUser, { value: 7 })
  assert.equal(security({ uid: undefined, username: 'www' }).runAsUsername, 'www')
})

test('privileges', () => {
  const security = containerSecurity(
    pod(),
    container('main', {
      securityContext: {
        privileged: true,
        readOnlyRootFilesystem: true,
        allowPrivilegeEscalation: false,
        procMount: 'Unmasked',
        capabilities: { add: ['NET_ADMIN'] },
        seccompProfile: { type: 'Localhost', localhostProfile: 'a.json' },
      },
    }),
    root,
    '/s',
  )
  assert.deepEqual(
    [security.privileged, security.readonlyRootfs, security.noNewPrivs, security.maskedPaths],
    [true, true, true, []],
  )
  assert.deepEqual(security.capabilities, { addCapabilities: ['NET_ADMIN'], dropCapabilities: [] })
  assert.deepEqual(security.seccomp, { profileType: 'Localhost', localhostRef: '/s/a.json' })
})

test('namespaces', () => {
  assert.deepEqual(namespacesOf(pod()), { network: 'POD', pid: 'CONTAINER', ipc: 'POD' })
  assert.deepEqual(namespacesOf(pod({ hostNetwork: true, hostPID: true, hostIPC: true })), {
    network: 'NODE',
    pid: 'NODE',
    ipc: 'NODE',
  })
  assert.equal(namespacesOf(pod({ shareProcessNamespace: true })).pid, 'POD')
})

test('nobody is root where the pod forbids it', () => {
  const forbidding = pod({ securityContext: { runAsNonRoot: true } })
  const refuse = (image: Parameters<typeof refuseRoot>[2], runAsUser?: number) => () =>
    refuseRoot(
      forbidding,
      container('main', runAsUser === undefined ? {} : { securityContext: { runAsUser } }),
      image,
    )
  assert.throws(
    refuse(root),
    /^Error: container has runAsNonRoot and image will run as root \(pod: "p_ns\(.*\)", container: main\)$/,
  )
  assert.throws(refuse({ uid: undefined, username: 'www' }), /image has non-numeric user \(www\)/)
  assert.throws(refuse(root, 0), /container's runAsUser breaks non-root policy/)
  assert.doesNotThrow(refuse(root, 5))
  assert.doesNotThrow(refuse({ uid: 5, username: '' }))
})
