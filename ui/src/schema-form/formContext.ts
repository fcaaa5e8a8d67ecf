import { createContext, useContext } from "react";

export interface FormState {
  /** Prefix that makes ids of fields unique in the page. */
  id: string;
  /** What is wrong, by pointer; only of fields that may complain. */
  problemsAt: (pointer: string) => string[];
  /** The operator has been at a field: it may complain from now on. */
  touch: (pointer: string) => void;
  /** A field holds a text that is no value at all; null when it is one again. */
  reportUnreadable: (pointer: string, message: string | null) => void;
  disabled: boolean;
}

const FormContext = createContext<FormState | null>(null);
export const FormProvider = FormContext.Provider;

export function useForm(): FormState {
  const form = useContext(FormContext);
  if (!form) throw new Error("a field stands outside a form");
  return form;
}
