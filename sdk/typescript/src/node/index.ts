/**
 * What only Node can do: a queue in a file.
 *
 * @module @mission-control/sdk/node
 */
export { type FileQueueOptions, FileQueueStorage } from "./file-storage.js";
