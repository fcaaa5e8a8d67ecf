export type SuggestedPath = { path: string };
