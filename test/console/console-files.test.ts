import { posix } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readConsoleFiles } from '../../src/console/index.js'

const files = await readConsoleFiles()
const entries = [...files].map(([path, { type, body }]) => ({ path, type, text: String(body) }))
const scripts = entries.filter(({ type }) => type.startsWith('text/javascript'))

describe('the files of the console', () => {
  it('are the page, its sheet, its icon and its scripts, each with its type', () => {
    const types = new Map(entries.map(({ path, type }) => [path, type]))
    expect(types.get('/')).toBe('text/html; charset=utf-8')
    expect(types.get('/console/style.css')).toBe('text/css; charset=utf-8')
    expect(types.get('/console/icon.svg')).toBe('image/svg+xml')
    expect(types.get('/console/main.js')).toBe('text/javascript; charset=utf-8')
  })

  it('hold every module that one of them imports, and everything the page names', () => {
    const wanted = scripts.flatMap(({ path, text }) =>
      [...text.matchAll(/from '([^']+)'/g)].map(([, name = '']) => posix.join(posix.dirname(path), name)),
    )
    const named = [...(entries.find(({ path }) => path === '/')?.text.matchAll(/(?:src|href)="([^"]+)"/g) ?? [])]
    const paths = [...wanted, ...named.map(([, path = '']) => path)]
    expect(paths.length).toBeGreaterThan(20)
    expect(paths.filter((path) => !files.has(path))).toEqual([])
  })

  it('hold no script that the page does not use, but for what the compiler leaves of a file of types', () => {
    const imported = new Set(
      scripts.flatMap(({ text }) => [...text.matchAll(/from '\.\/([^']+)'/g)].map(([, name]) => name)),
    )
    const idle = scripts
      .filter(({ text }) => text.trim() !== 'export {};')
      .map(({ path }) => posix.basename(path))
      .filter((name) => !imported.has(name))
    expect(idle.toSorted()).toEqual(['main.js'])
  })

  it('ask nobody else for anything', () => {
    const elsewhere = entries.filter(({ text }) => /(?:src|href)="(?:https?:)?\/\/|url\(|@import|import\(/.test(text))
    expect(elsewhere.map(({ path }) => path)).toEqual([])
  })

  it('need no inline script and no inline style, and turn no text into a page or a program', () => {
    const page = entries.find(({ path }) => path === '/')?.text ?? ''
    expect(page).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/)
    const unsafe = /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc|'style'/
    expect(scripts.filter(({ text }) => unsafe.test(text)).map(({ path }) => path)).toEqual([])
  })

  it('load quickly: less than 200 kB in all', () => {
    expect(entries.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThan(200_000)
  })
})
