// Warnings for the client as `Warning` headers: `299 - "text"`, cut when there are too many.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/filters/warning.go

const TOTAL_CHARACTERS = 4 * 1024
const CUT_CHARACTERS = 256

/** The header values for these texts; texts with control characters cannot be sent and are left out. */
export function warningHeaders(texts: readonly string[]): string[] {
  const sendable = texts.filter((text) => !/\p{Cc}/u.test(text))
  const total = sendable.reduce((sum, text) => sum + [...text].length, 0)
  if (total <= TOTAL_CHARACTERS) return sendable.map(header)
  const cut: string[] = []
  let written = 0
  for (const text of sendable) {
    if (written >= TOTAL_CHARACTERS) break
    const characters = [...text].slice(0, CUT_CHARACTERS)
    written += characters.length
    cut.push(header(characters.join('')))
  }
  return cut
}

/** Header values are bytes; Node takes them as Latin-1 characters. */
function header(text: string): string {
  return Buffer.from(`299 - "${text.replaceAll(/["\\]/g, '\\$&')}"`, 'utf8').toString('latin1')
}
