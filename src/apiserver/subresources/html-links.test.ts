import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rewriteLinks } from '#apiserver/subresources/html-links.ts'

const rewrite = (url: string): string => (url.startsWith('/') ? `/proxy${url}` : url)

const rows: Readonly<Record<string, readonly [page: string, expected: string]>> = {
  'a link': ['<a href="/x">test</a>', '<a href="/proxy/x">test</a>'],
  'a link in single quotes, after another attribute': [
    `<A class="b" HREF='/x?a=1&amp;b=2'>t</A>`,
    '<A class="b" HREF="/proxy/x?a=1&amp;b=2">t</A>',
  ],
  'a bare link in a tag that closes itself': ['<img src=/x />', '<img src="/proxy/x" />'],
  'a link to elsewhere': ['<a href="https://example.com/">t</a>', '<a href="https://example.com/">t</a>'],
  'an attribute that is no link': ['<a title="/x">t</a>', '<a title="/x">t</a>'],
  'a comment': ['<!-- <a href="/x"> -->', '<!-- <a href="/x"> -->'],
  'a script, but not what it contains': [
    `<script src="/s">"<a href='/x'>"</script><a href="/y">`,
    `<script src="/proxy/s">"<a href='/x'>"</script><a href="/proxy/y">`,
  ],
  'text with a lesser sign': ['1 < 2 <b>/x</b>', '1 < 2 <b>/x</b>'],
}

for (const [name, [page, expected]] of Object.entries(rows)) {
  test(`links of a page: ${name}`, () => assert.equal(rewriteLinks(page, rewrite), expected))
}

const HOSTILE: Readonly<Record<string, string>> = {
  'quotes and tags that do not end': `<a ${'"'.repeat(20_000)}${'<a href='.repeat(20_000)}`,
  'comments that do not end': '<!--'.repeat(300_000),
  'scripts that do not end': '<script>'.repeat(300_000),
  'quoted tags that do not end': `<a "`.repeat(300_000),
}

for (const [name, page] of Object.entries(HOSTILE)) {
  test(`a page takes no long time: ${name}`, { timeout: 10_000 }, () => {
    assert.equal(rewriteLinks(page, rewrite), page)
  })
}
