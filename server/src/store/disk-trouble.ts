/** When the disk, not the request, is at fault: nothing was kept, and trying again may work. */
import { Refusal } from "../task/errors.ts";

/** How long a full disk is given before it is worth asking again. */
const RETRY_AFTER_S = 10;

const TROUBLE =
  /^(SQLITE_(FULL|IOERR|BUSY|CANTOPEN|NOMEM)|ENOSPC|EIO|EDQUOT|EFBIG|EROFS|ESTALE|ETIMEDOUT|EREMOTEIO|ENXIO|ENODEV|ENOMEM|EMFILE|ENFILE)/;

/**
 * Of an error's code, the database's or the system's: no room, or none for a file of that size, a disk that went away, or that
 * its system now lets be read alone.
 */
export function isDiskTrouble(code: string): boolean {
  return TROUBLE.test(code);
}

/** The refusal of what the disk does not take. */
export function diskRefusal(message: string, cause?: Error): Refusal {
  const refusal = new Refusal("unavailable", `The disk does not take it: ${message}. Nothing was kept; try again.`, {
    retryAfterS: RETRY_AFTER_S,
  });
  if (cause) refusal.cause = cause;
  return refusal;
}

/** Turns an error of the disk into the refusal that says so. */
export async function unlessDiskTrouble<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    const isOne = error instanceof Error && "code" in error && isDiskTrouble(String(error.code));
    throw isOne ? diskRefusal(error.message, error) : error;
  }
}
