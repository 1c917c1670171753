// Links in a page that came through the proxy: those to the page's own server lead through the proxy again.
//
// Only start tags are touched, and in them only attributes that hold a URL; comments, scripts and styles stay as they are.
// Upstream: rewriteHTML in staging/src/k8s.io/apimachinery/pkg/util/proxy/transport.go

const URL_ATTRIBUTES: Readonly<Record<string, readonly string[]>> = {
  a: ['href'],
  applet: ['codebase'],
  area: ['href'],
  audio: ['src'],
  base: ['href'],
  blockquote: ['cite'],
  body: ['background'],
  button: ['formaction'],
  command: ['icon'],
  del: ['cite'],
  embed: ['src'],
  form: ['action'],
  frame: ['longdesc', 'src'],
  head: ['profile'],
  html: ['manifest'],
  iframe: ['longdesc', 'src'],
  img: ['longdesc', 'src', 'usemap'],
  input: ['src', 'usemap', 'formaction'],
  ins: ['cite'],
  link: ['href'],
  object: ['classid', 'codebase', 'data', 'usemap'],
  q: ['cite'],
  script: ['src'],
  source: ['src'],
  video: ['poster', 'src'],
}

/**
 * A comment, or a start tag; of scripts and styles with all that they contain, which is no HTML. What does not end
 * reaches to the end of the page, or many that do not end would each be looked for to there.
 */
const TOKEN =
  /<!--[\s\S]*?(?:-->|$)|<(?<name>[a-z][a-z0-9]*)(?<attributes>(?:[^<>"']|"[^"]*"|'[^']*')*)>(?<raw>(?<=<(?:script|style)\b[^<>]*>)[\s\S]*?(?=<\/(?:script|style)|$))?/gi
const ATTRIBUTE =
  /(?<before>[\s/]|^)(?<key>[a-z-]+)(?<equals>\s*=\s*)(?:"(?<double>[^"]*)"|'(?<single>[^']*)'|(?<bare>[^\s"'<>]+))/gi

/** The page with each URL that `rewrite` changes in its place. */
export function rewriteLinks(html: string, rewrite: (url: string) => string): string {
  return html.replace(TOKEN, (token: string, ...rest: unknown[]) => {
    const { name, attributes, raw = '' } = rest.at(-1) as Record<string, string | undefined>
    const wanted = URL_ATTRIBUTES[name?.toLowerCase() ?? '']
    if (!wanted || !attributes) return token
    return `<${name}${rewriteAttributes(attributes, wanted, rewrite)}>${raw}`
  })
}

function rewriteAttributes(
  attributes: string,
  wanted: readonly string[],
  rewrite: (url: string) => string,
): string {
  return attributes.replace(ATTRIBUTE, (attribute: string, ...rest: unknown[]) => {
    const {
      before,
      key = '',
      equals,
      double,
      single,
      bare,
    } = rest.at(-1) as Record<string, string | undefined>
    if (!wanted.includes(key.toLowerCase())) return attribute
    const url = (double ?? single ?? bare ?? '').replaceAll('&amp;', '&')
    const next = rewrite(url)
    if (next === url) return attribute
    return `${before}${key}${equals}"${next.replaceAll('&', '&amp;').replaceAll('"', '&quot;')}"`
  })
}
