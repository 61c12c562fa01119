/**
 * Somebody else's words, fit for a message: one line, not too long, and nothing in it that looks like a secret. Tokens, codes and verifiers are
 * long runs of letters and digits; words, addresses of pages, and codes in snake_case, also with a version, are not. Characters that move the
 * cursor or turn the direction of writing are gone as well.
 */
export function toOneSafeLine(text: string): string {
  return text
    .replaceAll(/[\w.~+/=-]{24,}/g, (run) => (/^((_v\d_|[a-z_./-])+|[A-Z_]+)$/.test(run) ? run : '[redacted]'))
    .replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, 300)
}
