/** A model as the catalogue of `codex/models` spells it. Members this type does not name are sent as they are. */
export interface CatalogueModel {
  readonly slug: string
  readonly display_name: string
  readonly visibility: 'list' | 'hide'
  readonly priority: number
  readonly supported_in_api: boolean
  readonly context_window: number
  /** Clients below this version are not shown the model. */
  readonly minimal_client_version: string
  readonly [member: string]: unknown
}

const reasoningLevels = [
  { effort: 'low', description: 'Answers fast' },
  { effort: 'medium', description: 'Weighs speed against depth' },
  { effort: 'high', description: 'Thinks longer about hard problems' },
]

/** What codex-cli 0.169.0 reads of every model. */
const shared = {
  default_reasoning_level: 'medium',
  supported_reasoning_levels: reasoningLevels,
  shell_type: 'unified_exec',
  supported_in_api: true,
  additional_speed_tiers: [],
  service_tiers: [],
  availability_nux: null,
  upgrade: null,
  base_instructions: 'You are a model that an emulator plays. Answer what the person asks.',
  model_messages: null,
  include_skills_usage_instructions: false,
  include_plugin_usage_instructions: false,
  include_apps_usage_instructions: false,
  supports_reasoning_summary_parameter: true,
  default_reasoning_summary: 'none',
  support_verbosity: true,
  default_verbosity: 'low',
  apply_patch_tool_type: 'freeform',
  web_search_tool_type: 'text',
  truncation_policy: { mode: 'tokens', limit: 10_000 },
  supports_parallel_tool_calls: true,
  supports_image_detail_original: true,
  context_window: 272_000,
  max_context_window: 272_000,
  effective_context_window_percent: 95,
  experimental_supported_tools: [],
  input_modalities: ['text', 'image'],
  supports_search_tool: false,
  use_responses_lite: false,
} as const

/** Two generations of models, one hidden model and one that is too new for codex-cli 0.169.0. */
export const defaultModels: readonly CatalogueModel[] = [
  {
    ...shared,
    slug: 'gpt-6.1-sol',
    display_name: 'GPT-6.1-Sol',
    description: 'For coding and everyday work.',
    visibility: 'list',
    priority: 1,
    minimal_client_version: '0.155.0',
    use_responses_lite: true,
    tool_mode: 'code_mode_only',
  },
  {
    ...shared,
    slug: 'gpt-6-luna',
    display_name: 'GPT-6-Luna',
    description: 'Small and fast.',
    visibility: 'list',
    priority: 4,
    minimal_client_version: '0.153.0',
    use_responses_lite: true,
    tool_mode: 'code_mode_only',
  },
  {
    ...shared,
    slug: 'gpt-5.5',
    display_name: 'GPT-5.5',
    description: 'The generation before.',
    visibility: 'list',
    priority: 13,
    minimal_client_version: '0.124.0',
  },
  {
    ...shared,
    slug: 'codex-auto-review',
    display_name: 'Codex Auto Review',
    description: 'Reviews approvals; not for people to choose.',
    visibility: 'hide',
    priority: 43,
    minimal_client_version: '0.98.0',
  },
  {
    ...shared,
    slug: 'gpt-7-preview',
    display_name: 'GPT-7 Preview',
    description: 'Shown to newer clients alone.',
    visibility: 'list',
    priority: 50,
    minimal_client_version: '0.200.0',
  },
]

/** The models a client of this version is shown. */
export function modelsForClient(models: readonly CatalogueModel[], clientVersion: string): readonly CatalogueModel[] {
  return models.filter((model) => compareVersions(clientVersion, model.minimal_client_version) >= 0)
}

function compareVersions(left: string, right: string): number {
  const [leftNumbers, rightNumbers] = [toNumbers(left), toNumbers(right)]
  const differing = leftNumbers.findIndex((number, index) => number !== rightNumbers[index])
  return differing === -1 ? 0 : (leftNumbers[differing] ?? 0) - (rightNumbers[differing] ?? 0)
}

/** Three numbers; what follows a hyphen (`0.169.0-alpha.1`) does not count. */
function toNumbers(version: string): readonly number[] {
  const parts = version.split('-', 1)[0]?.split('.') ?? []
  return [0, 1, 2].map((index) => Number.parseInt(parts[index] ?? '0', 10) || 0)
}
