/**
 * A proxy for pages that use a ChatGPT plan: `Request` in, `Response` out, on any server. Web APIs only.
 *
 * @module
 */
export {
  createOpenAIOAuthProxy,
  type OpenAIOAuthProxy,
  type OpenAIOAuthProxyOptions,
  type ProxyHandler,
} from './create-openai-oauth-proxy.js'
