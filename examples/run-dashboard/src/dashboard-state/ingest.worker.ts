import { serveIngestion } from "./ingest-job";

serveIngestion();
