// Lets so many do something at a time; who comes later waits for a turn, first come first served.

export interface Limiter {
  run<T>(work: () => Promise<T>): Promise<T>
}

export function createLimiter(limit: number): Limiter {
  const waiting: (() => void)[] = []
  let active = 0
  return {
    async run(work) {
      // A turn is handed over, not given back and taken again: nobody slips in between.
      if (active >= limit) await new Promise<void>((resolve) => waiting.push(resolve))
      else active++
      try {
        return await work()
      } finally {
        const next = waiting.shift()
        if (next) next()
        else active--
      }
    },
  }
}
