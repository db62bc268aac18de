; The uninstaller. It removes what setup put there and nothing else; plans and keys only when told.

Var RemoveState

Function un.onInit
  SetRegView 64
  SetShellVarContext all
  StrCpy $RemoveState 0
  ${GetParameters} $0
  ClearErrors
  ${GetOptions} $0 "/REMOVESTATE" $1
  ${IfNot} ${Errors}
    StrCpy $RemoveState 1
  ${EndIf}
FunctionEnd

Section "Uninstall"
  SetRegView 64
  SetShellVarContext all
  Call un.RequireNotRunning
  ${If} $RemoveState == 0
    MessageBox MB_YESNO|MB_ICONQUESTION|MB_DEFBUTTON2 "$(ALSO_STATE)" /SD IDNO IDNO kept
    StrCpy $RemoveState 1
    kept:
  ${EndIf}
  Call un.RemoveTasks
  Delete "$SMPROGRAMS\${NAME}.lnk"
  Delete "$DESKTOP\${NAME}.lnk"
  ; Never RMDir /r $INSTDIR: a folder that somebody chose may hold more than us.
  !insertmacro EACH_PART REMOVE_PART
  RMDir /r "${FRESH}"
  RMDir /r "${STALE}"
  Delete "$INSTDIR\uninstall.exe"
  SetOutPath "$TEMP"
  RMDir "$INSTDIR"
  DeleteRegKey HKLM "${UNINSTALL_KEY}"
  DeleteRegKey HKLM "${KEY}"
  DeleteRegKey HKLM "${LOG_SOURCE}" ; the program registers it; entries that are there keep their text
  ${If} $RemoveState == 1
    RMDir /r "$APPDATA\${NAME}"
  ${Else}
    RMDir "$APPDATA\${NAME}"
  ${EndIf}
SectionEnd

; A task that starts a program which is gone would fail every night. Windows keeps a file for each task
; of the folder "Offline Backup", so no plan has to be read to find them. schtasks cannot remove the
; folder itself; where PowerShell may not either, an empty folder stays.
Function un.RemoveTasks
  FindFirst $0 $1 "$SYSDIR\Tasks\${NAME}\*"
  ${DoWhile} $1 != ""
    ${If} $1 != "."
    ${AndIf} $1 != ".."
      nsExec::Exec '"$SYSDIR\schtasks.exe" /Delete /TN "${NAME}\$1" /F'
      Pop $2
    ${EndIf}
    FindNext $0 $1
  ${Loop}
  FindClose $0
  ${If} ${FileExists} "$SYSDIR\Tasks\${NAME}\*.*"
    nsExec::Exec `"$SYSDIR\WindowsPowerShell\v1.0\powershell.exe" -NoProfile -NonInteractive -Command "$$s = New-Object -ComObject Schedule.Service; $$s.Connect(); $$s.GetFolder('\').DeleteFolder('${NAME}', 0)"`
    Pop $2
  ${EndIf}
FunctionEnd
