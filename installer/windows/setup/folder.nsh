; The installation folder: whoever can write there owns every elevated start of the program.

!define DRIVE_FIXED 3

Function JudgeFolder ; $Refusal becomes a sentence or nothing
  StrCpy $Refusal ""
  ; C:\Program Files\..\Tools lies elsewhere than it looks.
  System::Call 'kernel32::GetFullPathNameW(w "$INSTDIR", i ${NSIS_MAX_STRLEN}, w .r0, p 0) i .r1'
  ${If} $1 != 0
    StrCpy $INSTDIR $0
  ${EndIf}
  ${GetRoot} "$INSTDIR" $0
  ${If} $0 == ""
  ${OrIf} $0 == $INSTDIR
  ${OrIf} "$0\" == $INSTDIR
    StrCpy $Refusal "$(FOLDER_NOT_FIXED)"
    Return
  ${EndIf}
  System::Call 'kernel32::GetDriveTypeW(w "$0\") i .r1'
  ${If} $1 != ${DRIVE_FIXED}
    StrCpy $Refusal "$(FOLDER_NOT_FIXED)"
    Return
  ${EndIf}
  ; Somebody else's folder would be changed by us, and removed in parts by the uninstaller. Ours is
  ; the one that the registry names, also when a setup was killed there before it was done.
  ReadRegStr $0 HKLM "${KEY}" "InstallDir"
  ReadRegStr $1 HKLM "${KEY}" "Unfinished"
  ${If} $0 == $INSTDIR
  ${OrIf} $1 == $INSTDIR
    Return
  ${EndIf}
  ; Two installations would share shortcuts and entries, and nobody would remove or update the first.
  ${If} $0 != ""
  ${AndIf} ${FileExists} "$0\OfflineBackup.exe"
    StrCpy $Refusal "$(ELSEWHERE)"
    Return
  ${EndIf}
  FindFirst $0 $1 "$INSTDIR\*"
  ${DoWhile} $1 != ""
    ; An uninstaller that was told to wait cannot remove itself.
    ${If} $1 != "."
    ${AndIf} $1 != ".."
    ${AndIf} $1 != "uninstall.exe"
      StrCpy $Refusal "$(FOLDER_NOT_EMPTY)"
    ${EndIf}
    FindNext $0 $1
  ${Loop}
  FindClose $0
  ; Program Files is the office's own business, and the place everybody is to have.
  ${GetParent} "$INSTDIR" $0
  ${If} $Refusal == ""
  ${AndIf} $0 != "$PROGRAMFILES64"
    Call JudgeAbove
  ${EndIf}
FunctionEnd

Function JudgeFolderOnPage
  Call JudgeFolder
  ${If} $Refusal != ""
    MessageBox MB_OK|MB_ICONEXCLAMATION "$Refusal"
    Abort
  ${EndIf}
FunctionEnd

; Program Files gives the right access list to what is made in it. Anywhere else a new folder would
; let ordinary users create files in it, so it gets the same list before a file of ours is there:
; SYSTEM and Administrators everything, Users read and run. A folder that was there may name others
; in a list of its own, so every list is reset before.
Function ProtectFolder
  CreateDirectory "$INSTDIR"
  ${GetParent} "$INSTDIR" $0
  ${If} $0 == $PROGRAMFILES64
    Return
  ${EndIf}
  nsExec::Exec '"$SYSDIR\icacls.exe" "$INSTDIR" /setowner *S-1-5-32-544 /T /C /Q'
  Pop $0
  nsExec::Exec '"$SYSDIR\icacls.exe" "$INSTDIR" /reset /T /C /Q'
  Pop $2
  nsExec::Exec '"$SYSDIR\icacls.exe" "$INSTDIR" /inheritance:r /grant:r *S-1-5-18:(OI)(CI)F *S-1-5-32-544:(OI)(CI)F *S-1-5-32-545:(OI)(CI)RX /Q'
  Pop $1
  ${If} $0 != 0
  ${OrIf} $1 != 0
  ${OrIf} $2 != 0
    RMDir "$INSTDIR"
    !insertmacro REFUSE "$(FOLDER_NOT_PROTECTED)" ${EXIT_FOLDER}
  ${EndIf}
FunctionEnd
