export { createFileStore } from './file.js'
export { createFileCache, type FileCache } from './file-cache.js'
export { createFileVerdicts } from './file-verdicts.js'
