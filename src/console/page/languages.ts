import { chinese } from './chinese.js'
import { english } from './english.js'

/** Every word on the page but those the gateway says. */
export type Words = typeof english

/** Each in its own language, as a person looks for it. */
export const languages = { en: english, 'zh-Hans': chinese } as const satisfies Readonly<Record<string, Words>>

export type Language = keyof typeof languages

export const languageTags = ['en', 'zh-Hans'] as const satisfies readonly Language[]

/** The first language of the person that the page speaks, else English. */
export function chooseLanguage(preferred: readonly string[]): Language {
  for (const tag of preferred) {
    const language = new Intl.Locale(tag).language
    if (language === 'zh') return 'zh-Hans'
    if (language === 'en') return 'en'
  }
  return 'en'
}

export function isLanguage(text: string | null): text is Language {
  return languageTags.some((tag) => tag === text)
}
