/** Codes under which the disk, not the request, is at fault: nothing was committed, and trying again may work. */
export function isDiskTrouble(code: string): boolean {
  return /^(SQLITE_(FULL|IOERR|BUSY|CANTOPEN|NOMEM)|ENOSPC|EIO|EDQUOT|EMFILE|ENFILE)/.test(code);
}
