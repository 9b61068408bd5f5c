/** How many turns are left out at most. */
const maxPause = 16;

/** Whether something is worth trying: after turns in which it was of no use it is left out, longer and longer, up to 16 turns. */
export class Trial {
  #pause = 0;
  #left = 0;

  /** Asked once for each turn. */
  isDue(): boolean {
    if (this.#left === 0) return true;
    this.#left -= 1;
    return false;
  }

  /** Says how the turn went. */
  note(wasOfUse: boolean): void {
    this.#pause = wasOfUse ? 0 : Math.min(maxPause, Math.max(1, this.#pause * 2));
    this.#left = this.#pause;
  }
}
