; The folders above ours: who may rename one, or write a new access list for it, puts another folder
; into its place, and with it programs that administrators and nightly tasks start.

!define LINK 0x400 ; FILE_ATTRIBUTE_REPARSE_POINT
!define INHERIT_ONLY 0x8
!define OWNER_AND_LIST 0x5 ; OWNER_SECURITY_INFORMATION, DACL_SECURITY_INFORMATION
; FILE_DELETE_CHILD, DELETE, WRITE_DAC, WRITE_OWNER, GENERIC_ALL. Nobody can delete a drive's root.
!define TAKES_AWAY 0x100D0040
!define TAKES_AWAY_BELOW_ROOT 0x100C0040

Var Me ; who runs setup, as a SID

Function JudgeAbove ; $Refusal becomes a sentence when others could exchange a folder above $INSTDIR
  Call FindMe
  StrCpy $R0 $INSTDIR
  ${Do}
    ${GetParent} "$R0" $R0
    ${If} $R0 == ""
      ${Break}
    ${EndIf}
    StrCpy $R9 ${TAKES_AWAY}
    StrLen $R1 $R0
    ${If} $R1 <= 2
      StrCpy $R9 ${TAKES_AWAY_BELOW_ROOT}
    ${EndIf}
    ; One that is not there yet is judged once it was made.
    ${If} ${FileExists} "$R0\*"
      Call JudgeOneAbove
    ${EndIf}
  ${LoopUntil} $Refusal != ""
FunctionEnd

Function JudgeOneAbove ; the folder is $R0, what others may not do $R9
  System::Call 'kernel32::GetFileAttributesW(w "$R0\") i .R1'
  IntOp $R1 $R1 & ${LINK}
  System::Call 'advapi32::GetNamedSecurityInfoW(w "$R0\", i 1, i ${OWNER_AND_LIST}, *p .R2, p 0, *p .R3, p 0, *p .R4) i .R5'
  ${If} $R1 != 0
  ${OrIf} $R5 != 0
  ${OrIf} $R3 == 0 ; no list at all: everybody may do everything
    StrCpy $Refusal "$(ABOVE_NOT_PROTECTED)"
    Return
  ${EndIf}
  StrCpy $R8 $R2
  Call JudgeAccount
  System::Call '*$R3(&i1, &i1, &i2, &i2 .R6)' ; ACL: revision, padding, size, count of entries
  StrCpy $R7 0
  ${DoWhile} $R7 < $R6
    System::Call 'advapi32::GetAce(p R3, i R7, *p .R8)'
    System::Call '*$R8(&i1 .r0, &i1 .r1, &i2, i .r2)' ; kind, flags, size, rights; the SID follows
    IntOp $1 $1 & ${INHERIT_ONLY}
    IntOp $2 $2 & $R9
    ${If} $0 == 0 ; ACCESS_ALLOWED_ACE_TYPE
    ${AndIf} $1 == 0
    ${AndIf} $2 != 0
      IntPtrOp $R8 $R8 + 8
      Call JudgeAccount
    ${EndIf}
    IntOp $R7 $R7 + 1
  ${Loop}
  System::Call 'kernel32::LocalFree(p R4)'
FunctionEnd

; Trusted are the system, administrators of this computer and of its domain, Windows' own installer,
; what stands for an owner, and whoever runs setup.
Function JudgeAccount ; the SID is at $R8
  System::Call 'advapi32::ConvertSidToStringSidW(p R8, *p .r0) i .r1'
  System::Call 'kernel32::lstrcpynW(w .r1, p r0, i ${NSIS_MAX_STRLEN})'
  System::Call 'kernel32::LocalFree(p r0)'
  StrCpy $2 $1 9
  StrCpy $3 $1 "" -4
  ${If} $1 == "S-1-5-18"
  ${OrIf} $1 == "S-1-5-32-544"
  ${OrIf} $1 == "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
  ${OrIf} $1 == "S-1-3-0"
  ${OrIf} $1 == "S-1-3-4"
  ${OrIf} $1 == $Me
    Return
  ${EndIf}
  ${If} $2 == "S-1-5-21-"
    ${If} $3 == "-500"
    ${OrIf} $3 == "-512"
    ${OrIf} $3 == "-519"
      Return
    ${EndIf}
  ${EndIf}
  StrCpy $Refusal "$(ABOVE_NOT_PROTECTED)"
FunctionEnd

Function FindMe
  StrCpy $Me ""
  System::Call 'advapi32::OpenProcessToken(p -1, i 8, *p .r0) i .r1' ; TOKEN_QUERY
  ${If} $1 != 0
    System::Alloc 256
    Pop $2
    System::Call 'advapi32::GetTokenInformation(p r0, i 1, p r2, i 256, *i) i .r1' ; TokenUser
    ${If} $1 != 0
      System::Call '*$2(p .r3)'
      System::Call 'advapi32::ConvertSidToStringSidW(p r3, *p .r4)'
      System::Call 'kernel32::lstrcpynW(w .r5, p r4, i ${NSIS_MAX_STRLEN})'
      StrCpy $Me $5
      System::Call 'kernel32::LocalFree(p r4)'
    ${EndIf}
    System::Free $2
    System::Call 'kernel32::CloseHandle(p r0)'
  ${EndIf}
FunctionEnd
