/* The classes UISettings and AccessibilitySettings of Windows.UI.ViewManagement, as far as Qt asks
 * them: Qt 6.5 and later end the process when Windows has none, and Wine 8 has none. Every answer is
 * what a Windows without special settings gives. Test only, never shipped. */
#define INITGUID
#include <windows.h>

#include <initguid.h>

typedef void *String; /* HSTRING */
typedef INT64 Token;  /* EventRegistrationToken */
typedef struct {
    BYTE alpha, red, green, blue;
} Colour;
typedef struct {
    float width, height;
} Size;

/* The numbers of the interfaces, from windows.ui.viewmanagement.idl of the Windows SDK. */
#define IID(name, a, b, c, ...) DEFINE_GUID(name, a, b, c, __VA_ARGS__)
IID(INSPECTABLE, 0xaf86e2e0, 0xb12d, 0x4c6a, 0x9c, 0x5a, 0xd7, 0xaa, 0x65, 0x10, 0x1e, 0x90);
IID(AGILE, 0x94ea2b94, 0xe9cc, 0x49e0, 0xc0, 0xff, 0xee, 0x64, 0xca, 0x8f, 0x5b, 0x90);
IID(FACTORY, 0x00000035, 0x0000, 0x0000, 0xc0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x46);
IID(SETTINGS_1, 0x85361600, 0x1c63, 0x4627, 0xbc, 0xb1, 0x3a, 0x89, 0xe0, 0xbc, 0x9c, 0x55);
IID(SETTINGS_2, 0xbad82401, 0x2721, 0x44f9, 0xbb, 0x91, 0x2b, 0xb2, 0x28, 0xbe, 0x44, 0x2f);
IID(SETTINGS_3, 0x03021be4, 0x5254, 0x4781, 0x81, 0x94, 0x51, 0x68, 0xf7, 0xd0, 0x6d, 0x7b);
IID(SETTINGS_4, 0x52bb3002, 0x919b, 0x4d6b, 0x9b, 0x78, 0x8d, 0xd6, 0x6f, 0xf4, 0xb9, 0x3b);
IID(SETTINGS_5, 0x5349d588, 0x0cb5, 0x5f05, 0xbd, 0x34, 0x70, 0x6b, 0x32, 0x31, 0xf0, 0xbd);
IID(ACCESSIBILITY, 0xfe0e8147, 0xc4c0, 0x4562, 0xb9, 0x62, 0x13, 0x27, 0xb5, 0x2a, 0xd5, 0xb9);

/* A COM object without state: one pointer to its table of functions. */
typedef struct {
    void **functions;
} Object;
static Object settings_factory, accessibility_factory, settings[5], accessibility;

static HRESULT WINAPI query(Object *self, REFIID id, void **found);
static ULONG WINAPI count(Object *self) {
    (void)self;
    return 1;
}
static HRESULT WINAPI interfaces(Object *self, ULONG *number, IID **ids) {
    (void)self;
    *number = 0;
    *ids = NULL;
    return S_OK;
}
static HRESULT WINAPI no_text(Object *self, String *text) {
    (void)self;
    *text = NULL;
    return S_OK;
}
static HRESULT WINAPI zero(Object *self, int *value) {
    (void)self;
    *value = 0;
    return S_OK;
}
static HRESULT WINAPI no(Object *self, BYTE *value) {
    (void)self;
    *value = 0;
    return S_OK;
}
static HRESULT WINAPI one(Object *self, UINT32 *value) {
    (void)self;
    *value = 1;
    return S_OK;
}
static HRESULT WINAPI half_a_second(Object *self, UINT32 *milliseconds) {
    (void)self;
    *milliseconds = 500;
    return S_OK;
}
static HRESULT WINAPI unscaled(Object *self, double *factor) {
    (void)self;
    *factor = 1.0;
    return S_OK;
}
static HRESULT WINAPI usual_size(Object *self, Size *size) {
    (void)self;
    size->width = size->height = 17;
    return S_OK;
}
static HRESULT WINAPI element_colour(Object *self, int element, Colour *colour) {
    (void)self;
    DWORD system = GetSysColor(element <= COLOR_MENUHILIGHT ? element : COLOR_WINDOW);
    *colour = (Colour){255, GetRValue(system), GetGValue(system), GetBValue(system)};
    return S_OK;
}
static HRESULT WINAPI accent_colour(Object *self, int type, Colour *colour) {
    /* UIColorType: background, foreground, the accent in seven shades, complement. */
    static const Colour colours[] = {{255, 255, 255, 255}, {255, 0, 0, 0},      {255, 0, 38, 66},
                                     {255, 0, 66, 117},    {255, 0, 90, 158},   {255, 0, 120, 215},
                                     {255, 66, 156, 227},  {255, 118, 185, 237}, {255, 166, 216, 255},
                                     {255, 255, 255, 255}};
    (void)self;
    *colour = colours[(size_t)type < sizeof colours / sizeof *colours ? type : 5];
    return S_OK;
}
static HRESULT WINAPI add_listener(Object *self, void *listener, Token *token) {
    (void)self, (void)listener;
    *token = 1;
    return S_OK;
}
static HRESULT WINAPI remove_listener(Object *self, Token token) {
    (void)self, (void)token;
    return S_OK;
}
static HRESULT WINAPI make_settings(Object *self, void **made) {
    (void)self;
    *made = &settings[0];
    return S_OK;
}
static HRESULT WINAPI make_accessibility(Object *self, void **made) {
    (void)self;
    *made = &accessibility;
    return S_OK;
}

#define INSPECTABLE_PART                                                                             \
    (void *)query, (void *)count, (void *)count, (void *)interfaces, (void *)no_text, (void *)zero
#define TABLE(name, ...) static void *name[] = {INSPECTABLE_PART, __VA_ARGS__}
TABLE(make_settings_table, (void *)make_settings);
TABLE(make_accessibility_table, (void *)make_accessibility);
TABLE(table_1, (void *)one, (void *)usual_size, (void *)usual_size, (void *)usual_size,
      (void *)usual_size, (void *)half_a_second, (void *)no, (void *)no, (void *)half_a_second,
      (void *)one, (void *)half_a_second, (void *)half_a_second, (void *)element_colour);
TABLE(table_2, (void *)unscaled, (void *)add_listener, (void *)remove_listener);
TABLE(table_3, (void *)accent_colour, (void *)add_listener, (void *)remove_listener);
TABLE(table_4, (void *)no, (void *)add_listener, (void *)remove_listener);
TABLE(table_5, (void *)no, (void *)add_listener, (void *)remove_listener);
TABLE(accessibility_table, (void *)no, (void *)no_text, (void *)add_listener,
      (void *)remove_listener);

static Object settings_factory = {make_settings_table};
static Object accessibility_factory = {make_accessibility_table};
static Object settings[5] = {{table_1}, {table_2}, {table_3}, {table_4}, {table_5}};
static Object accessibility = {accessibility_table};

static HRESULT WINAPI query(Object *self, REFIID id, void **found) {
    static const GUID *const numbers[] = {&SETTINGS_1, &SETTINGS_2, &SETTINGS_3, &SETTINGS_4,
                                          &SETTINGS_5};
    BOOL factory = self == &settings_factory || self == &accessibility_factory;
    *found = NULL;
    if (IsEqualIID(id, &IID_IUnknown) || IsEqualIID(id, &INSPECTABLE) || IsEqualIID(id, &AGILE)) {
        *found = self;
    } else if (factory) {
        *found = IsEqualIID(id, &FACTORY) ? self : NULL;
    } else if (self == &accessibility) {
        *found = IsEqualIID(id, &ACCESSIBILITY) ? self : NULL;
    } else {
        for (int at = 0; at < 5; at++) {
            if (IsEqualIID(id, numbers[at])) {
                *found = &settings[at];
            }
        }
    }
    return *found ? S_OK : E_NOINTERFACE;
}

typedef LPCWSTR(WINAPI *Letters)(String, UINT32 *);

__declspec(dllexport) HRESULT WINAPI DllGetActivationFactory(String class, void **factory) {
    HMODULE combase = GetModuleHandleA("combase.dll");
    Letters letters = (Letters)(void *)GetProcAddress(combase, "WindowsGetStringRawBuffer");
    UINT32 length;
    BOOL other = !lstrcmpW(letters(class, &length),
                           L"Windows.UI.ViewManagement.AccessibilitySettings");
    *factory = other ? &accessibility_factory : &settings_factory;
    return S_OK;
}

__declspec(dllexport) HRESULT WINAPI DllCanUnloadNow(void) {
    return S_FALSE;
}
