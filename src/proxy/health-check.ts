// Tells load balancers outside whether this node has endpoints of a service that keeps clients' addresses.
//
// A Service of type LoadBalancer with `externalTrafficPolicy: Local` has a health check node port: it answers
// 200 while there is a local endpoint, else 503, so that traffic is not sent where it would be dropped.
// Upstream: pkg/proxy/healthcheck/service_health.go

import http from 'node:http'
import { type ObjectKey, splitKey } from '#api/meta/object.ts'
import type { Service } from '#api/types/core.ts'
import type { ProxiedPort } from '#proxy/service-ports.ts'
import type { Logger } from '#sys/log.ts'

export interface HealthCheckServers {
  /** Starts, stops or updates the server of one service. */
  update(key: ObjectKey, service: Service | undefined, ports: readonly ProxiedPort[], nodeName: string): void
  close(): void
}

interface Running {
  readonly server: http.Server
  readonly port: number
  localEndpoints: number
}

export function createHealthCheckServers(log: Logger): HealthCheckServers {
  const running = new Map<ObjectKey, Running>()

  function stop(key: ObjectKey): void {
    running.get(key)?.server.close()
    running.get(key)?.server.closeAllConnections()
    running.delete(key)
  }

  function start(key: ObjectKey, port: number): Running {
    const { namespace, name } = splitKey(key)
    const entry: Running = { port, localEndpoints: 0, server: http.createServer(answer) }
    function answer(_request: http.IncomingMessage, response: http.ServerResponse): void {
      const body = {
        service: { namespace, name },
        localEndpoints: entry.localEndpoints,
        serviceProxyHealthy: true,
      }
      response.writeHead(entry.localEndpoints > 0 ? 200 : 503, {
        'content-type': 'application/json',
        'x-content-type-options': 'nosniff',
        'x-load-balancing-endpoint-weight': String(entry.localEndpoints),
      })
      response.end(JSON.stringify(body, undefined, '\t'))
    }
    entry.server.on('error', (error) =>
      log.error({ service: key, port, error: error.message }, 'health check port failed'),
    )
    entry.server.listen(port)
    running.set(key, entry)
    return entry
  }

  return {
    update(key, service, ports, nodeName) {
      const port =
        service?.spec?.externalTrafficPolicy === 'Local' ? (service.spec.healthCheckNodePort ?? 0) : 0
      if (running.get(key)?.port !== port) stop(key)
      if (port === 0) return
      const entry = running.get(key) ?? start(key, port)
      const local = ports.flatMap((each) =>
        each.external.filter((endpoint) => endpoint.nodeName === nodeName),
      )
      entry.localEndpoints = new Set(local.map((endpoint) => endpoint.ip)).size
    },
    close() {
      for (const key of [...running.keys()]) stop(key)
    },
  }
}
