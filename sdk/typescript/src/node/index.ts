/** What only Node can do: a queue in a file. */
export { type FileQueueOptions, FileQueueStorage } from "./file-storage.js";
