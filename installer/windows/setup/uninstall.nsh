; The uninstaller. It removes what setup put there and nothing else; plans and keys only when told.

!define REPARSE_POINT 0x400 ; FILE_ATTRIBUTE_REPARSE_POINT

Var RemoveState

Function un.onInit
  SetRegView 64
  SetShellVarContext all
  ; An uninstaller that an earlier removal left behind would take shortcuts, tasks and entries of
  ; another installation away.
  ReadRegStr $0 HKLM "${KEY}" "InstallDir"
  ReadRegStr $1 HKLM "${KEY}" "InstalledBy"
  ReadRegStr $2 HKLM "${KEY}" "Unfinished"
  ${If} $0 != $INSTDIR
  ${OrIf} $1 != "setup"
    ${If} $2 != $INSTDIR
      !insertmacro REFUSE "$(NOT_INSTALLED_HERE)" ${EXIT_FOLDER}
    ${EndIf}
  ${EndIf}
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
  SetOutPath "$TEMP"
  RMDir "$INSTDIR"
  DeleteRegKey HKLM "${UNINSTALL_KEY}"
  DeleteRegKey HKLM "${KEY}"
  DeleteRegKey HKLM "${LOG_SOURCE}" ; the program registers it; entries that are there keep their text
  ${If} $RemoveState == 1
    Push "$APPDATA\${NAME}"
    Call un.RemoveTree
  ${Else}
    RMDir "$APPDATA\${NAME}"
  ${EndIf}
SectionEnd

; RMDir /r goes through junctions. Any user may make a folder in ProgramData before us, and would
; decide by one what is removed with our rights. Of a link only the link goes.
Function un.RemoveTree ; the folder is on the stack
  Exch $R0
  Push $R1
  Push $R2
  Push $R3
  System::Call "kernel32::GetFileAttributesW(w R0) i .R3"
  IntOp $R3 $R3 & ${REPARSE_POINT}
  ${If} $R3 == 0
    FindFirst $R1 $R2 "$R0\*"
    ${DoWhile} $R2 != ""
      ${If} $R2 == "."
      ${OrIf} $R2 == ".."
        Nop
      ${ElseIf} ${FileExists} "$R0\$R2\*"
        Push "$R0\$R2"
        Call un.RemoveTree
      ${Else}
        Delete "$R0\$R2"
      ${EndIf}
      FindNext $R1 $R2
    ${Loop}
    FindClose $R1
  ${EndIf}
  RMDir "$R0"
  Pop $R3
  Pop $R2
  Pop $R1
  Pop $R0
FunctionEnd

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
    ; It runs with our rights, so a user's variables and modules are kept from it.
    System::Call 'kernel32::SetEnvironmentVariableW(w "COR_ENABLE_PROFILING", p 0)'
    System::Call 'kernel32::SetEnvironmentVariableW(w "APPDOMAIN_MANAGER_ASM", p 0)'
    nsExec::Exec `"$SYSDIR\WindowsPowerShell\v1.0\powershell.exe" -NoProfile -NonInteractive -Command "$$env:PSModulePath = $$PSHOME + '\Modules'; $$s = New-Object -ComObject Schedule.Service; $$s.Connect(); $$s.GetFolder('\').DeleteFolder('${NAME}', 0)"`
    Pop $2
  ${EndIf}
FunctionEnd
