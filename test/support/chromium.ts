import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import axe from 'axe-core'
import { chromium, type Browser, type Page } from 'playwright-core'
import { onTestFinished } from 'vitest'

const executablePath = '/usr/bin/chromium'
const artifacts = join(import.meta.dirname, '../../artifacts')

/** Debian's Chromium, which ends with the test. */
export async function startChromium(): Promise<Browser> {
  if (!existsSync(executablePath)) throw new Error('chromium is missing. Install it: apt-get install chromium')
  const browser = await chromium.launch({ executablePath })
  onTestFinished(() => browser.close())
  return browser
}

/** A phone and a desk, by day and by night. */
const looks = [390, 1280].flatMap((width) =>
  (['light', 'dark'] as const).map((colorScheme) => ({ width, colorScheme })),
)

/** Shows the page in every look, and keeps a picture of each in `artifacts/<folder>`. Says what would hurt somebody who reads it. */
export async function inspectLooks(page: Page, folder: string, name: string): Promise<string[]> {
  await mkdir(join(artifacts, folder), { recursive: true })
  const complaints: string[] = []
  for (const { width, colorScheme } of looks) {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize({ width, height: 800 })
    await page.screenshot({ path: join(artifacts, folder, `${name}-${width}-${colorScheme}.png`), fullPage: true })
    const found = [...(await findBarriers(page)), ...(await findOverflow(page))]
    complaints.push(...found.map((what) => `${name} at ${width} px, ${colorScheme}: ${what}`))
  }
  return complaints
}

/** What axe finds, contrast and landmarks among it. It is evaluated past the page's own policy, which allows no script. */
async function findBarriers(page: Page): Promise<string[]> {
  const report = await page.evaluate(`${axe.source}; axe.run()`)
  return (report as axe.AxeResults).violations.map(({ id, help }) => `${id}: ${help}`)
}

async function findOverflow(page: Page): Promise<string[]> {
  const isWider = await page.evaluate('document.documentElement.scrollWidth > innerWidth')
  return isWider ? ['is wider than the screen'] : []
}
