import type { CommandSpec, OptionSpec } from './command.js'

const force: OptionSpec = { type: 'boolean', about: 'Ask the backend even when a cached answer is fresh' }

/** Every command: what it is for, what it takes, and where it is loaded from when it is run. */
export const commands: Readonly<Record<string, CommandSpec>> = {
  login: {
    summary: 'Sign in with your ChatGPT plan',
    options: {
      browser: { type: 'boolean', about: 'Sign in with a browser, wherever it is' },
      device: { type: 'boolean', about: 'Show a code for any device, also without a terminal' },
      'no-open': { type: 'boolean', about: 'Print the address and start no browser' },
      'callback-port': {
        type: 'string',
        value: 'N',
        about: 'Where the browser comes back to (1455; siwc: any)',
      },
      workspace: { type: 'string', value: 'ID', about: 'Accept this workspace only' },
      'expect-email': { type: 'string', value: 'EMAIL', about: 'Accept a person with this e-mail only' },
      'switch-account': { type: 'boolean', about: 'Replace whoever is signed in' },
      provider: { type: 'string', value: 'NAME', about: 'Which route: codex, or siwc (docs/which-route.md)' },
      'app-name': { type: 'string', value: 'NAME', about: 'Your program’s own name, for siwc' },
      'enable-plan': { type: 'boolean', about: 'Ask again whether your plan may be used (siwc)' },
      'new-registration': { type: 'boolean', about: 'Register anew, for another account (siwc)' },
      storage: { type: 'string', value: 'KIND', about: 'Keep it in: file, encrypted, keyring, codex' },
      timeout: { type: 'string', value: 'S', about: 'Give up after that many seconds' },
      'with-api-key': { type: 'boolean', about: 'Store an API key from stdin, for other programs' },
      'with-access-token': { type: 'boolean', about: 'Sign in with a personal access token from stdin' },
    },
    load: () => import('./commands/login.js'),
  },
  status: {
    summary: 'Who is signed in, and until when; asks nobody',
    load: () => import('./commands/status.js'),
  },
  token: {
    summary: 'Print an access token that is good for at least five minutes',
    options: { verify: { type: 'boolean', about: 'Ask the server first whether it still takes the token' } },
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
  forget: {
    summary: 'Forget the sign-in here; the server is not asked',
    load: () => import('./commands/forget.js'),
  },
  revoke: {
    summary: 'End the session at OpenAI, maybe on other devices too',
    load: () => import('./commands/revoke.js'),
  },
  models: {
    summary: 'The models your plan offers',
    options: { force, watch: { type: 'boolean', about: 'Print the list again whenever it changes' } },
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
  profiles: {
    summary: 'Every profile, who is signed in there, and the default',
    load: () => import('./commands/profiles.js'),
  },
  use: {
    summary: 'Make a profile the default',
    takes: 'NAME',
    load: () => import('./commands/use.js'),
  },
  rename: {
    summary: 'Rename a profile',
    takes: 'OLD NEW',
    load: () => import('./commands/rename.js'),
  },
  remove: {
    summary: 'Remove a profile that nobody is signed in to',
    takes: 'NAME',
    options: { forget: { type: 'boolean', about: 'Also when somebody is; the server is not asked' } },
    load: () => import('./commands/remove.js'),
  },
  export: {
    summary: 'Print an access token with its account, for programs elsewhere',
    options: { 'access-only': { type: 'boolean', about: 'Without the refresh token; there is no other way' } },
    load: () => import('./commands/export.js'),
  },
  transfer: {
    summary: 'Move a siwc sign-in to another machine, which has no browser',
    takes: 'to FILE | from FILE',
    load: () => import('./commands/transfer.js'),
  },
  broker: {
    summary: 'Hand out access tokens to other programs of this machine',
    options: {
      port: { type: 'string', value: 'N', about: 'A loopback port with a key (default: a socket of your own)' },
    },
    load: () => import('./commands/broker.js'),
  },
  codex: {
    summary: 'Run the Codex CLI on this sign-in, any number at once',
    takes: '[-- arguments]',
    load: () => import('./commands/codex.js'),
  },
  mcp: {
    summary: 'Serve the sign-in to agents over MCP, on standard streams',
    options: {
      port: { type: 'string', value: 'N', about: 'A loopback port with a key instead of standard streams' },
    },
    load: () => import('./commands/mcp.js'),
  },
  skill: {
    summary: 'One function of the agent skill; prints one JSON object',
    takes: 'NAME [argument]',
    options: {
      force,
      'switch-account': { type: 'boolean', about: 'For start: replace whoever is signed in' },
    },
    load: () => import('./commands/skill.js'),
  },
  serve: {
    summary: 'Let programs that speak the OpenAI API use your plan',
    takes: '[status|stop|logs|link|install]',
    options: {
      port: { type: 'string', value: 'N', about: 'A loopback port (default: 8787)' },
      detach: { type: 'boolean', about: 'Run in the background' },
      log: { type: 'string', value: 'FILE', about: 'Write a line for each request, without its content' },
      'stored-keys': { type: 'boolean', about: 'Take the keys of `planpass keys` alone' },
      'allow-origin': { type: 'string', value: 'URLS', about: 'Let these pages ask, with a key of their own' },
      address: { type: 'string', value: 'IP', about: 'Listen elsewhere than on 127.0.0.1' },
      'allow-remote': { type: 'boolean', about: 'Other machines may ask; needs TLS' },
      'allow-host': { type: 'string', value: 'HOSTS', about: 'Names that lead here, with their port' },
      'tls-cert': { type: 'string', value: 'FILE', about: 'The certificate, PEM' },
      'tls-key': { type: 'string', value: 'FILE', about: 'Its key, PEM' },
    },
    load: () => import('./commands/serve.js'),
  },
  keys: {
    summary: 'The keys of programs that use `planpass serve`',
    takes: 'add NAME | list | revoke NAME',
    options: {
      models: { type: 'string', value: 'IDS', about: 'The only models it may use, with commas between' },
      'daily-tokens': { type: 'string', value: 'N', about: 'How many tokens it may use in a day' },
    },
    load: () => import('./commands/keys.js'),
  },
  doctor: {
    summary: 'What may be wrong with the sign-in, the network or this machine',
    load: () => import('./commands/doctor.js'),
  },
  vault: {
    summary: 'Keep the sign-ins of many users, on many machines, in PostgreSQL',
    takes: 'serve | work | migrate | keys new|rotate | try',
    options: {
      'keys-file': { type: 'string', value: 'FILE', about: 'The keys of the vault (default: PLANPASS_VAULT_KEYS)' },
      'hosts-file': { type: 'string', value: 'FILE', about: 'serve: who may ask, and for which tenants' },
      audience: { type: 'string', value: 'NAME', about: 'serve: whom tokens of hosts are for' },
      'redirect-uri': { type: 'string', value: 'URL', about: 'serve: where sign-ins may come back to' },
      listen: { type: 'string', value: 'ADDRESS', about: 'serve: default 127.0.0.1' },
      port: { type: 'string', value: 'N', about: 'serve: default any free port' },
      once: { type: 'boolean', about: 'work: what is due now, and no more' },
      'grant-to': { type: 'string', value: 'ROLE', about: 'migrate: the role that may use the vault' },
      folder: { type: 'string', value: 'DIR', about: 'try: where its data lies' },
      user: { type: 'string', value: 'NAME', about: 'try token: whom the token is for (default: me)' },
    },
    load: () => import('./commands/vault.js'),
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
  profile: { type: 'string', value: 'NAME', about: 'Use another profile than the default one' },
  issuer: { type: 'string', value: 'URL', about: 'Another issuer than https://auth.openai.com' },
  'backend-url': { type: 'string', value: 'URL', about: 'Another backend than https://chatgpt.com/backend-api' },
  'client-name': { type: 'string', value: 'NAME', about: 'Who we say we are (default: planpass)' },
  help: { type: 'boolean', about: 'This help' },
}
