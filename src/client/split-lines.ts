// Cuts a stream of bytes into lines, keeping what is not yet a whole line for the next chunk.

/** The longest line that is taken: an object is at most 3 MiB, its JSON in a watch event a little more. */
const LINE_BOUND = 16 << 20

/** Gives a function that takes a chunk and yields the lines that it completes, without their line ends. */
export function splitLines(): (chunk: Buffer) => Generator<string> {
  let rest: Buffer[] = []
  let restBytes = 0

  return function* lines(chunk) {
    let start = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      const last = chunk.subarray(start, end)
      const line = rest.length > 0 ? Buffer.concat([...rest, last]).toString() : last.toString()
      rest = []
      restBytes = 0
      start = end + 1
      if (line !== '') yield line
    }
    if (start === chunk.length) return
    rest.push(chunk.subarray(start))
    restBytes += chunk.length - start
    if (restBytes > LINE_BOUND) throw new Error(`a line of more than ${LINE_BOUND} bytes`)
  }
}
