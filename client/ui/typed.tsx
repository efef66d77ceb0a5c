/** A line that counts when it is done: what is being typed stays, whatever is drawn anew around it. */
import type { InputHTMLAttributes } from "preact";
import { useState } from "preact/hooks";

interface TypedProps extends Pick<InputHTMLAttributes<HTMLInputElement>, "id" | "placeholder" | "inputMode"> {
  value: string;
  onDone: (text: string) => void;
}

export function Typed({ value, onDone, ...rest }: TypedProps) {
  const [typed, setTyped] = useState<string>();
  return (
    <input
      {...rest}
      type="text"
      autocomplete="off"
      value={typed ?? value}
      onInput={({ currentTarget }) => setTyped(currentTarget.value)}
      onChange={({ currentTarget }) => {
        onDone(currentTarget.value);
        setTyped(undefined);
      }}
    />
  );
}
