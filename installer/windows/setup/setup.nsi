; The setup program. installer/windows/nsis.py gives every name that is not defined here.
; Exit codes are in docs/installing.md; a test holds that page against this folder.

Target amd64-unicode
Unicode true
!if "${QUICK}" == "1"
  SetCompress off
!else
  SetCompressor /SOLID lzma
  SetCompressorDictSize 64
!endif
ManifestSupportedOS Win10
ManifestDPIAware true
ManifestLongPathAware true
RequestExecutionLevel admin
CRCCheck force

!define NAME "Offline Backup"
!define KEY "Software\Offline Backup"
!define UNINSTALL_KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\OfflineBackup"
!define LOG_SOURCE "SYSTEM\CurrentControlSet\Services\EventLog\Application\Offline Backup"
!define OLDEST_BUILD 17763 ; Windows Server 2019

!define EXIT_OLD_WINDOWS 3
!define EXIT_RUNNING 4
!define EXIT_NOT_WRITTEN 5
!define EXIT_FOLDER 6
!define EXIT_NEWER_THERE 7
!define EXIT_MSI_THERE 8

Name "${NAME}"
OutFile "${OUT}"
InstallDir "$PROGRAMFILES64\${NAME}"
BrandingText "${NAME} ${VERSION}"
VIProductVersion "${VERSION}.0"
VIAddVersionKey "ProductName" "${NAME}"
VIAddVersionKey "CompanyName" "${PUBLISHER}"
VIAddVersionKey "FileDescription" "${NAME} Setup"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "LegalCopyright" "Apache License 2.0"
!ifdef SIGN_COMMAND
  !uninstfinalize '${SIGN_COMMAND} "%1"' = 0
!endif

!include MUI2.nsh
!include FileFunc.nsh
!include LogicLib.nsh
!include WinVer.nsh
!include WordFunc.nsh

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_WELCOMEFINISHPAGE_BITMAP "${PICTURE}"
!define MUI_UNWELCOMEFINISHPAGE_BITMAP "${PICTURE}"
!define MUI_ABORTWARNING
!define MUI_WELCOMEPAGE_TEXT "$(WELCOME)"
!define MUI_FINISHPAGE_RUN "$INSTDIR\OfflineBackup.exe"
!define MUI_FINISHPAGE_NOAUTOCLOSE
!insertmacro MUI_PAGE_WELCOME
!define MUI_PAGE_CUSTOMFUNCTION_LEAVE JudgeFolderOnPage
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"
!insertmacro MUI_LANGUAGE "German"

Var WantDesktop
Var Refusal ; a sentence, or nothing when all is well

!include words.nsh
!include running.nsh
!include above.nsh
!include folder.nsh
!include swapping.nsh

Function .onInit
  SetRegView 64
  SetShellVarContext all
  ${IfNot} ${AtLeastBuild} ${OLDEST_BUILD}
    !insertmacro REFUSE "$(OLD_WINDOWS)" ${EXIT_OLD_WINDOWS}
  ${EndIf}
  ReadRegStr $0 HKLM "${KEY}" "InstalledBy"
  ${If} $0 == "msi"
    !insertmacro REFUSE "$(MSI_THERE)" ${EXIT_MSI_THERE}
  ${EndIf}
  ReadRegStr $0 HKLM "${KEY}" "Version"
  ${If} $0 != ""
    ${VersionCompare} "$0" "${VERSION}" $1
    ${If} $1 == 1
      !insertmacro REFUSE "$(NEWER_THERE)" ${EXIT_NEWER_THERE}
    ${EndIf}
  ${EndIf}
  ; The folder of an earlier version stays the folder; JudgeFolder refuses another one of /D=.
  ReadRegStr $0 HKLM "${KEY}" "InstallDir"
  ${If} $0 != ""
  ${AndIf} $INSTDIR == "$PROGRAMFILES64\${NAME}"
    StrCpy $INSTDIR $0
  ${EndIf}
  StrCpy $WantDesktop 1
  ${GetParameters} $0
  ClearErrors
  ${GetOptions} $0 "/NODESKTOP" $1
  ${IfNot} ${Errors}
    StrCpy $WantDesktop 0
  ${EndIf}
FunctionEnd

Section "-install"
  AddSize ${SIZE_KIB} ; the files lie in a function, where NSIS does not count them
  SetRegView 64
  SetShellVarContext all
  Call JudgeFolder
  ${If} $Refusal != ""
    !insertmacro REFUSE "$Refusal" ${EXIT_FOLDER}
  ${EndIf}
  Call RequireNotRunning
  Call ProtectFolder
  Call JudgeFolder ; somebody may have been quicker, or a folder above may be new
  ${If} $Refusal != ""
    RMDir "$INSTDIR"
    !insertmacro REFUSE "$Refusal" ${EXIT_FOLDER}
  ${EndIf}
  WriteRegStr HKLM "${KEY}" "Unfinished" "$INSTDIR"
  Call PutFiles
  SetOutPath "$INSTDIR"
  CreateShortCut "$SMPROGRAMS\${NAME}.lnk" "$INSTDIR\OfflineBackup.exe" "" "$INSTDIR\OfflineBackup.exe" 0
  ${If} $WantDesktop == 1
    CreateShortCut "$DESKTOP\${NAME}.lnk" "$INSTDIR\OfflineBackup.exe" "" "$INSTDIR\OfflineBackup.exe" 0
  ${EndIf}
  WriteRegStr HKLM "${KEY}" "InstalledBy" "setup"
  WriteRegStr HKLM "${KEY}" "InstallDir" "$INSTDIR"
  DeleteRegValue HKLM "${KEY}" "Unfinished"
  WriteRegStr HKLM "${KEY}" "Version" "${VERSION}"
  WriteRegStr HKLM "${UNINSTALL_KEY}" "DisplayName" "${NAME}"
  WriteRegStr HKLM "${UNINSTALL_KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKLM "${UNINSTALL_KEY}" "Publisher" "${PUBLISHER}"
  WriteRegStr HKLM "${UNINSTALL_KEY}" "DisplayIcon" "$INSTDIR\OfflineBackup.exe,0"
  WriteRegStr HKLM "${UNINSTALL_KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKLM "${UNINSTALL_KEY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKLM "${UNINSTALL_KEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKLM "${UNINSTALL_KEY}" "EstimatedSize" ${SIZE_KIB}
  WriteRegDWORD HKLM "${UNINSTALL_KEY}" "NoModify" 1
  WriteRegDWORD HKLM "${UNINSTALL_KEY}" "NoRepair" 1
SectionEnd

!include uninstall.nsh
