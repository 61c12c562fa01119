/** What a program printed, with the command line that made it. */
export interface Printed {
  readonly argv: readonly string[]
  readonly transcript: { readonly stdout: string; readonly stderr: string }
}

/** The commands whose stdout is a token, because that is what they are for. */
const tokenCommands = new Set(['token', 'export'])

/** Where `secrets` were printed that nobody may print. */
export function findLeaks(printed: readonly Printed[], secrets: Iterable<string>): string[] {
  const marks = [...secrets].flatMap(tellingParts)
  return printed.flatMap(({ argv, transcript }) => {
    const text = tokenCommands.has(argv[0] ?? '') ? transcript.stderr : transcript.stdout + transcript.stderr
    return marks.filter((mark) => text.includes(mark)).map((mark) => `${argv.join(' ')}: ${mark.slice(0, 4)}…`)
  })
}

const chunkLength = 24

/** Any stretch of a secret gives it away. The first part of a JWT is the same in all of them, and no secret. */
function tellingParts(secret: string): string[] {
  const parts = secret.split('.')
  const telling = parts.length === 3 ? parts.slice(1).join('.') : secret
  const starts = Array.from({ length: Math.floor(telling.length / chunkLength) }, (_, index) => index * chunkLength)
  return starts.map((start) => telling.slice(start, start + chunkLength))
}
