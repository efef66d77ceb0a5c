/** A question with two answers, in the browser's own dialog: it traps the focus and closes on Escape by itself. */
import { useRef } from "preact/hooks";

export function ConfirmButton(props: {
  button: string;
  title: string;
  text: string;
  confirm: string;
  cancel: string;
  testid?: string;
  onConfirm: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  return (
    <>
      <button type="button" data-testid={props.testid} onClick={() => dialog.current?.showModal()}>
        {props.button}
      </button>
      <dialog ref={dialog} aria-label={props.title}>
        <h2>{props.title}</h2>
        <p>{props.text}</p>
        <div class="choices">
          <button
            type="button"
            data-testid="confirm"
            onClick={() => {
              dialog.current?.close();
              props.onConfirm();
            }}
          >
            {props.confirm}
          </button>
          <button type="button" onClick={() => dialog.current?.close()}>
            {props.cancel}
          </button>
        </div>
      </dialog>
    </>
  );
}
