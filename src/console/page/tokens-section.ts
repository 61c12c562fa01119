import type { TokenCounts, TokensAnswer } from '../../gateway/index.js'
import { element, type PageElement } from './element.js'
import type { Scene } from './scene.js'
import { tokenDays } from './token-days.js'
import { cacheShare, partsLegend, tokenShares } from './token-shares.js'

/** What went through this gateway: in all, by day, by model and by client. */
export function tokensSection(scene: Scene): PageElement {
  const { state, words, format } = scene
  const { tokens } = state
  return element('section', { class: 'tokens', 'aria-labelledby': 'tokens-title' }, [
    element('h2', { id: 'tokens-title' }, words.tokens.title),
    tokens && element('p', { class: 'soft' }, words.tokens.text(format.calendarDay(tokens.since))),
    tokens ? tokensContent(scene, tokens) : element('p', { class: 'soft' }, words.loading),
  ])
}

function tokensContent(scene: Scene, { total, byModel, byClient, byDay }: TokensAnswer): PageElement {
  const { tokens: text } = scene.words
  if (total.requests === 0) return element('p', { key: 'empty', class: 'empty' }, text.empty)
  const models = byModel.map((row) => ({ ...row, name: row.model }))
  const clients = byClient.map((row) => ({ ...row, name: row.client === 'console' ? text.playground : row.client }))
  return element('div', { key: 'known' }, [
    totals(scene, total),
    tokenDays(scene, byDay),
    element('div', { class: 'pair' }, [
      tokenShares(scene, { title: text.byModel, nameTitle: text.model, counts: models }),
      tokenShares(scene, { title: text.byClient, nameTitle: text.client, counts: clients }),
    ]),
    partsLegend(scene),
  ])
}

function totals({ words: { tokens }, format }: Scene, total: TokenCounts): PageElement {
  const { count, short } = format
  return element('dl', { class: 'totals' }, [
    figure(tokens.cacheShare, format.percent(cacheShare(total)), tokens.cacheText),
    figure(tokens.input, short(total.inputTokens), count(total.inputTokens)),
    figure(tokens.output, short(total.outputTokens), `${tokens.reasoning} ${short(total.reasoningTokens)}`),
    figure(tokens.requests, short(total.requests), ''),
  ])
}

function figure(term: string, numeral: string, detail: string): PageElement {
  return element('div', {}, [
    element('dt', {}, term),
    element('dd', {}, [element('strong', { class: 'numeral' }, numeral), element('span', { class: 'soft' }, detail)]),
  ])
}
