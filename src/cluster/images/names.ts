// The images that k8ts builds by itself, so that a cluster needs no registry.

/** Holds a pod's namespaces: Debian's catatonit, whose `-P` waits and reaps. */
export const PAUSE_IMAGE = 'k8ts.dev/pause:1'
/** The example's: busybox that answers HTTP with where it runs. */
export const HELLO_IMAGE = 'k8ts.dev/hello:1'
/** Debian's busybox-static under the name that everybody knows. */
export const BUSYBOX_IMAGE = 'docker.io/library/busybox:1.36'
