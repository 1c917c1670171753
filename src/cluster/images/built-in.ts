// The images that come with k8ts, built from programs of the machine: nothing is pulled.

import { readFile } from 'node:fs/promises'
import { BUSYBOX_IMAGE, HELLO_IMAGE, PAUSE_IMAGE } from '#cluster/images/names.ts'
import type { ImageSpec } from '#cluster/images/oci-archive.ts'
import type { TarEntry } from '#cluster/images/tar.ts'
import { run } from '#sys/process.ts'

export const CATATONIT = '/usr/bin/catatonit'
export const BUSYBOX = '/bin/busybox'

const PASSWD = 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n'
const GROUP = 'root:x:0:\nnogroup:x:65534:\n'

/** Writes where it runs into a page and serves it: the pod learns it from its own environment. */
const HELLO_SCRIPT = `#!/bin/sh
mkdir -p /tmp/www
echo "Hello from pod \${POD_NAME:-?} on node \${NODE_NAME:-?} at \${POD_IP:-?}" > /tmp/www/index.html
exec httpd -f -p "\${PORT:-8080}" -h /tmp/www
`

export async function builtInImages(): Promise<readonly ImageSpec[]> {
  const busybox = await busyboxFiles()
  const catatonit = await readFile(CATATONIT)
  return [
    {
      name: PAUSE_IMAGE,
      files: [{ type: 'file', path: 'pause', content: catatonit, mode: 0o755 }],
      entrypoint: ['/pause', '-P'],
    },
    { name: BUSYBOX_IMAGE, files: busybox, command: ['sh'] },
    {
      name: HELLO_IMAGE,
      files: [
        ...busybox,
        { type: 'file', path: 'bin/hello', content: Buffer.from(HELLO_SCRIPT), mode: 0o755 },
      ],
      command: ['/bin/hello'],
      exposedPorts: ['8080/tcp'],
    },
  ]
}

/** A small system around busybox: all of its programs as links, and what programs expect to find. */
async function busyboxFiles(): Promise<readonly TarEntry[]> {
  const content = await readFile(BUSYBOX)
  const { stdout } = await run(BUSYBOX, ['--list'])
  const programs = stdout.split('\n').filter((name) => name !== '' && name !== 'busybox')
  const folder = (path: string, mode = 0o755): TarEntry => ({ type: 'directory', path, mode })
  return [
    ...['bin', 'dev', 'etc', 'home', 'proc', 'root', 'sys', 'usr', 'usr/bin', 'var', 'var/run'].map((path) =>
      folder(path),
    ),
    folder('tmp', 0o1777),
    { type: 'file', path: 'bin/busybox', content, mode: 0o755 },
    ...programs.map((name): TarEntry => ({ type: 'symlink', path: `bin/${name}`, target: '/bin/busybox' })),
    { type: 'symlink', path: 'usr/bin/env', target: '/bin/busybox' },
    { type: 'file', path: 'etc/passwd', content: Buffer.from(PASSWD) },
    { type: 'file', path: 'etc/group', content: Buffer.from(GROUP) },
  ]
}
