import type { CommandSpec, OptionSpec } from './command.js'

const force: OptionSpec = { type: 'boolean', about: 'Ask the backend even when a cached answer is fresh' }

/** Every command: what it is for, what it takes, and where it is loaded from when it is run. */
export const commands: Readonly<Record<string, CommandSpec>> = {
  login: {
    summary: 'Sign in with your ChatGPT plan',
    options: { device: { type: 'boolean', about: 'Show a code for any device, also without a terminal' } },
    load: () => import('./commands/login.js'),
  },
  status: {
    summary: 'Who is signed in, and until when; asks nobody',
    load: () => import('./commands/status.js'),
  },
  token: {
    summary: 'Print an access token that is good for at least five minutes',
    load: () => import('./commands/token.js'),
  },
  refresh: {
    summary: 'Refresh the access token now',
    load: () => import('./commands/refresh.js'),
  },
  logout: {
    summary: 'Revoke the session at OpenAI and forget it here',
    load: () => import('./commands/logout.js'),
  },
  models: {
    summary: 'The models your plan offers',
    options: { force },
    load: () => import('./commands/models.js'),
  },
  usage: {
    summary: 'How much of your plan is used, and when it resets',
    options: { force },
    load: () => import('./commands/usage.js'),
  },
  ask: {
    summary: 'Ask a model and stream its answer',
    takes: '[prompt]',
    options: { model: { type: 'string', value: 'NAME', about: 'Default: the first of `planpass models`' } },
    load: () => import('./commands/ask.js'),
  },
  demo: {
    summary: 'See it all work on an emulator, without an account',
    load: () => import('./commands/demo.js'),
  },
  emulator: {
    summary: 'Run a stand-in for OpenAI to test your programs against',
    options: {
      port: { type: 'string', value: 'N', about: 'Default: any free port' },
      tls: { type: 'boolean', about: 'Also listen on https, with an authority of its own' },
      'auto-approve': { type: 'boolean', about: 'Approve every device code and sign-in page by itself' },
    },
    load: () => import('./commands/emulator.js'),
  },
}

/** Options of every command. */
export const commonOptions: Readonly<Record<string, OptionSpec>> = {
  json: { type: 'boolean', about: 'JSON on stdout' },
  profile: { type: 'string', value: 'NAME', about: 'Use another profile (default: default)' },
  issuer: { type: 'string', value: 'URL', about: 'Another issuer than https://auth.openai.com' },
  'backend-url': { type: 'string', value: 'URL', about: 'Another backend than https://chatgpt.com/backend-api' },
  'client-name': { type: 'string', value: 'NAME', about: 'Who we say we are (default: planpass)' },
  help: { type: 'boolean', about: 'This help' },
}
