//! What is wrong with the HTML of a page, by the parser of a browser engine and by rules of our own.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use html5ever::tendril::TendrilSink;
use html5ever::tree_builder::{QuirksMode, TreeBuilderOpts};
use html5ever::{ParseOpts, parse_document};
use markup5ever_rcdom::{Handle, NodeData, RcDom};

/// An element of a page.
#[derive(Clone)]
pub struct Element {
    pub tag: String,
    attributes: HashMap<String, String>,
    /// From the root to the parent.
    above: Vec<String>,
    handle: Handle,
}

impl Element {
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    /// The words in it, with single spaces.
    pub fn text(&self) -> String {
        let mut words = String::new();
        gather(&self.handle, &mut words);
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The names of the elements right in it.
    fn children(&self) -> Vec<String> {
        let children = self.handle.children.borrow();
        let tag = |child: &Handle| match &child.data {
            NodeData::Element { name, .. } => Some(name.local.to_string()),
            NodeData::Text { contents } if !contents.borrow().trim().is_empty() => Some("#text".to_owned()),
            _ => None,
        };
        children.iter().filter_map(tag).collect()
    }

    fn is_in(&self, tag: &str) -> bool {
        self.above.iter().any(|above| above == tag)
    }

    /// As one would say which it is.
    fn named(&self) -> String {
        let words = ["id", "name", "href", "class"].map(|name| Some(format!(" {name}={}", self.get(name)?)));
        let text: String = self.text().chars().take(20).collect();
        format!("<{}{}> {text}", self.tag, words.into_iter().flatten().collect::<String>())
    }
}

fn gather(node: &Handle, words: &mut String) {
    match &node.data {
        NodeData::Text { contents } => words.push_str(&contents.borrow()),
        NodeData::Element { name, attrs, .. } if &*name.local == "img" => {
            let attributes = attrs.borrow();
            let alt = attributes.iter().find(|attribute| &*attribute.name.local == "alt");
            words.push_str(alt.map(|alt| &*alt.value).unwrap_or_default());
        }
        _ => {}
    }
    node.children.borrow().iter().for_each(|child| gather(child, words));
}

/// A page that was read.
pub struct Page {
    pub elements: Vec<Element>,
    /// What the parser and the rules say.
    pub wrong: Vec<String>,
    /// Kept, for whatever is in it is taken apart with it.
    _document: Handle,
}

impl Page {
    pub fn read(text: &str) -> Self {
        let tree_builder = TreeBuilderOpts { exact_errors: true, ..TreeBuilderOpts::default() };
        let mut options = ParseOpts { tree_builder, ..ParseOpts::default() };
        options.tokenizer.exact_errors = true;
        let dom = parse_document(RcDom::default(), options).one(text);
        let mut page = Self { elements: Vec::new(), wrong: Vec::new(), _document: Rc::clone(&dom.document) };
        page.wrong.extend(dom.errors.borrow().iter().map(|error| format!("not HTML: {error}")));
        if dom.quirks_mode.get() != QuirksMode::NoQuirks {
            page.wrong.push("not in standards mode".to_owned());
        }
        page.walk(&dom.document, &mut Vec::new());
        page.document();
        page.identifiers();
        page.fields();
        page.policy();
        page.content();
        page
    }

    fn walk(&mut self, node: &Handle, above: &mut Vec<String>) {
        let NodeData::Element { name, attrs, .. } = &node.data else {
            node.children.borrow().iter().for_each(|child| self.walk(child, above));
            return;
        };
        let tag = name.local.to_string();
        let pair = |attribute: &html5ever::Attribute| (attribute.name.local.to_string(), attribute.value.to_string());
        let attributes = attrs.borrow().iter().map(pair).collect();
        let handle = Rc::clone(node);
        self.elements.push(Element { tag: tag.clone(), attributes, above: above.clone(), handle });
        above.push(tag);
        node.children.borrow().iter().for_each(|child| self.walk(child, above));
        above.pop();
    }

    pub fn all<'a>(&'a self, tag: &'a str) -> impl Iterator<Item = &'a Element> {
        self.elements.iter().filter(move |element| element.tag == tag)
    }

    fn has_id(&self, id: &str) -> bool {
        self.elements.iter().any(|element| element.get("id") == Some(id))
    }

    fn say(&mut self, what: &str, which: &[String]) {
        self.wrong.extend(which.iter().map(|which| format!("{what}: {which}")));
    }

    fn report(&mut self, what: &str, is_wrong: impl Fn(&Self, &Element) -> bool) {
        let found = self.elements.iter().filter(|element| is_wrong(self, element)).map(Element::named);
        let found: Vec<_> = found.collect();
        self.say(what, &found);
    }

    /// What a page has once.
    fn document(&mut self) {
        for tag in ["h1", "title", "main"] {
            let found: Vec<_> = self.all(tag).map(Element::text).collect();
            if found.len() != 1 || (tag != "main" && found[0].is_empty()) {
                self.wrong.push(format!("not one <{tag}> with words: {found:?}"));
            }
        }
        self.report("no language", |_, element| element.tag == "html" && element.get("lang").is_none_or(str::is_empty));
        // A phrase whose value was forgotten.
        let unfilled = |element: &Element| element.text().contains("{}") || element.text().contains("{{");
        self.report("a brace is left", |_, element| element.tag == "body" && unfilled(element));
    }

    fn identifiers(&mut self) {
        let mut seen = HashSet::new();
        let ids = self.elements.iter().filter_map(|element| element.get("id")).map(str::to_owned);
        let ids: Vec<String> = ids.collect();
        let twice: Vec<_> = ids.iter().filter(|id| !seen.insert(id.as_str())).cloned().collect();
        self.say("an id that is there twice", &twice);
        let odd: Vec<_> = ids.iter().filter(|id| id.is_empty() || id.contains(char::is_whitespace)).cloned().collect();
        self.say("no id", &odd);
        for name in ["for", "list", "form", "aria-describedby", "aria-labelledby", "aria-controls", "headers"] {
            let leads_nowhere = |page: &Self, element: &Element| {
                element.get(name).is_some_and(|ids| ids.is_empty() || ids.split(' ').any(|id| !page.has_id(id)))
            };
            self.report(&format!("{name} leads nowhere"), leads_nowhere);
        }
        self.report("leads nowhere on this page", |page, element| {
            let id = element.get("href").and_then(|address| address.strip_prefix('#'));
            element.tag == "a" && id.is_some_and(|id| !page.has_id(id))
        });
    }

    fn is_labelled(&self, field: &Element) -> bool {
        let by_id = |label: &Element| {
            label.get("for").is_some() && label.get("for") == field.get("id") && !label.text().is_empty()
        };
        field.get("aria-label").is_some_and(|label| !label.is_empty())
            || field.get("aria-labelledby").is_some()
            || field.is_in("label")
            || self.all("label").any(by_id)
    }

    fn fields(&mut self) {
        let is_field = |element: &Element| match element.tag.as_str() {
            "select" | "textarea" => true,
            "input" => !matches!(element.get("type"), Some("hidden" | "submit" | "button" | "image")),
            _ => false,
        };
        self.report("a field without a label", |page, element| is_field(element) && !page.is_labelled(element));
        // What is there to be read alone is not sent.
        let is_sent = |element: &Element| is_field(element) && element.get("readonly").is_none();
        let nameless = |element: &Element| is_sent(element) && element.get("name").is_none_or(str::is_empty);
        self.report("a field without a name", |_, element| nameless(element));
        let speechless =
            |element: &Element| element.text().is_empty() && element.get("aria-label").is_none_or(str::is_empty);
        self.report("nothing to read on it", |_, element| {
            matches!(element.tag.as_str(), "a" | "button" | "label" | "legend" | "caption" | "summary" | "option")
                && speechless(element)
                && !(element.tag == "option" && element.get("value") == Some(""))
        });
        self.report("a picture without words", |_, element| element.tag == "img" && element.get("alt").is_none());
        self.report("a table without a caption", |_, element| {
            element.tag == "table" && element.children().first().map(String::as_str) != Some("caption")
        });
        self.report("a heading of a table without scope", |_, element| {
            element.tag == "th" && !matches!(element.get("scope"), Some("row" | "col" | "rowgroup" | "colgroup"))
        });
        self.report("out of the order of the keyboard", |_, element| {
            element.get("tabindex").is_some_and(|at| !matches!(at, "0" | "-1"))
        });
        self.report("a form that changes something without the word of its session", |page, element| {
            let word =
                |field: &Element| field.get("name") == Some("csrf") && Rc::ptr_eq(&field.form(), &element.handle);
            let signed_in = page.all("a").any(|link| link.get("class") == Some("leave"));
            element.tag == "form" && element.get("method") == Some("post") && signed_in && !page.all("input").any(word)
        });
        self.report("a form that sends its fields in the address", |page, element| {
            let inside = |field: &&Element| Rc::ptr_eq(&field.form(), &element.handle);
            let secret = |field: &Element| matches!(field.get("type"), Some("password" | "file"));
            element.tag == "form"
                && element.get("method") != Some("post")
                && page.all("input").filter(inside).any(secret)
        });
    }

    /// What the policy of our pages forbids, or what would ask another host.
    fn policy(&mut self) {
        self.report("a script", |_, element| {
            element.tag == "script" || element.attributes.keys().any(|name| name.starts_with("on"))
        });
        self.report("a style of its own", |_, element| element.tag == "style" || element.get("style").is_some());
        self.report("asks another host", |_, element| {
            let loads =
                matches!(element.tag.as_str(), "link" | "img" | "source" | "iframe" | "object" | "embed" | "use");
            let addresses = ["src", "href", "data", "srcset"].into_iter().filter_map(|name| element.get(name));
            loads && addresses.into_iter().any(|address| address.contains("//"))
        });
        self.report("sends a form to another host", |_, element| {
            ["action", "formaction"].iter().filter_map(|name| element.get(name)).any(|address| address.contains("//"))
        });
        let far = |element: &Element| element.get("href").is_some_and(|address| address.starts_with("javascript:"));
        self.report("an address that is a script", |_, element| far(element));
    }

    /// What may stand in what.
    fn content(&mut self) {
        const WORDS_ONLY: [&str; 17] = [
            "p", "h1", "h2", "h3", "h4", "h5", "span", "strong", "em", "small", "code", "label", "button", "time",
            "summary", "pre", "cite",
        ];
        const BLOCKS: [&str; 23] = [
            "div",
            "p",
            "ul",
            "ol",
            "dl",
            "table",
            "form",
            "section",
            "article",
            "header",
            "footer",
            "main",
            "nav",
            "aside",
            "fieldset",
            "figure",
            "blockquote",
            "h1",
            "h2",
            "h3",
            "h4",
            "details",
            "pre",
        ];
        const PRESSED: [&str; 7] = ["a", "button", "input", "select", "textarea", "details", "label"];
        self.report("a block among words", |_, element| {
            let heading_in_summary =
                element.tag.starts_with('h') && element.above.last().is_some_and(|tag| tag == "summary");
            BLOCKS.contains(&element.tag.as_str())
                && element.above.iter().any(|tag| WORDS_ONLY.contains(&tag.as_str()))
                && !heading_in_summary
        });
        self.report("something to press in something to press", |_, element| {
            PRESSED.contains(&element.tag.as_str()) && (element.is_in("a") || element.is_in("button"))
        });
        for (tags, allowed) in [
            (&["ul", "ol"][..], &["li"][..]),
            (&["dl"], &["dt", "dd", "div"]),
            (&["select"], &["option", "optgroup", "hr"]),
            (&["datalist"], &["option"]),
            (&["table"], &["caption", "colgroup", "thead", "tbody", "tfoot"]),
            (&["tr"], &["th", "td"]),
        ] {
            self.report("what does not belong there", |_, element| {
                tags.contains(&element.tag.as_str())
                    && element.children().iter().any(|child| !allowed.contains(&child.as_str()))
            });
        }
        self.report("no list around it", |_, element| {
            element.tag == "li" && !element.above.last().is_some_and(|tag| tag == "ul" || tag == "ol")
        });
        self.report("not first in its fieldset", |_, element| {
            element.tag == "fieldset" && element.children().first().is_none_or(|child| child != "legend")
        });
        const OLD: [&str; 10] =
            ["center", "font", "big", "tt", "marquee", "frame", "applet", "acronym", "dir", "strike"];
        self.report("not of this age", |_, element| OLD.contains(&element.tag.as_str()));
    }
}

/// A form of a page, as a browser would send it with nothing filled in.
#[derive(Debug)]
pub struct Form {
    pub action: Option<String>,
    pub posts: bool,
    /// Whether it takes files.
    pub parts: bool,
    /// What is sent: what the page has put there is kept, what one types is empty.
    pub fields: Vec<(String, String)>,
}

impl Page {
    /// The forms, each with nothing filled in.
    pub fn forms(&self) -> Vec<Form> {
        let form = |form: &Element| {
            let inside = |field: &&Element| Rc::ptr_eq(&field.form(), &form.handle);
            let named = |field: &Element| {
                let sent = match (field.tag.as_str(), field.get("type")) {
                    ("input", Some("hidden")) => field.get("value").unwrap_or_default(),
                    ("input", Some("checkbox" | "radio")) => return None,
                    ("input" | "select" | "textarea", _) => "",
                    _ => return None,
                };
                Some((field.get("name")?.to_owned(), sent.to_owned()))
            };
            Form {
                action: form.get("action").map(str::to_owned),
                posts: form.get("method") == Some("post"),
                parts: form.get("enctype") == Some("multipart/form-data"),
                fields: self.elements.iter().filter(inside).filter_map(named).collect(),
            }
        };
        self.all("form").map(form).collect()
    }

    /// The words that somebody reads or hears, each text for itself; without code and what is said to be in another language.
    pub fn words(&self) -> Vec<String> {
        let language = self.all("html").next().and_then(|html| html.get("lang")).unwrap_or_default();
        let mut said = Vec::new();
        for element in &self.elements {
            let other = |tag: &str| matches!(tag, "code" | "pre" | "textarea");
            let foreign = std::iter::successors(Some(element.clone()), |at| self.parent(at)).any(|at| {
                at.get("lang").is_some_and(|own| own != language) || other(&at.tag) || at.get("class") == Some("code")
            });
            if foreign {
                continue;
            }
            for child in element.handle.children.borrow().iter() {
                if let NodeData::Text { contents } = &child.data {
                    said.push(contents.borrow().split_whitespace().collect::<Vec<_>>().join(" "));
                }
            }
            let read_out = ["aria-label", "alt", "title", "placeholder"];
            said.extend(read_out.iter().filter_map(|name| element.get(name)).map(str::to_owned));
        }
        said.retain(|text| !text.is_empty());
        said
    }

    fn parent(&self, element: &Element) -> Option<Element> {
        let parent = above(&element.handle)?;
        self.elements.iter().find(|other| Rc::ptr_eq(&other.handle, &parent)).cloned()
    }
}

/// The node above this one.
fn above(node: &Handle) -> Option<Handle> {
    let parent = node.parent.take();
    node.parent.set(parent.clone());
    parent?.upgrade()
}

impl Element {
    /// The form that it is in, or itself where there is none.
    fn form(&self) -> Handle {
        let is_form = |node: &Handle| matches!(&node.data, NodeData::Element { name, .. } if &*name.local == "form");
        let mut nodes = std::iter::successors(above(&self.handle), above);
        nodes.find(is_form).unwrap_or_else(|| Rc::clone(&self.handle))
    }
}

#[test]
fn a_sound_page_passes_and_each_fault_is_found() {
    let page = |head: &str, body: &str| {
        format!(
            "<!doctype html><html lang=\"en\"><head><title>A</title>{head}</head><body><main><h1>A</h1>{body}</main></body></html>"
        )
    };
    let sound = "<p id=\"hint\">Two words</p><form method=\"post\"><label for=\"a\">A</label><input id=\"a\" name=\"a\" \
        aria-describedby=\"hint\"><button>Go</button></form><table><caption>C</caption><tbody><tr><th scope=\"row\">1</th>\
        <td>2</td></tr></tbody></table><ul><li><a href=\"#a\">a</a></li></ul><img src=\"/a.svg\" alt=\"\">";
    assert_eq!(Page::read(&page("", sound)).wrong, Vec::<String>::new());
    let faults = [
        ("<p><div>a</div></p>", "not HTML"),
        ("<p id=\"x\"></p><p id=\"x\"></p>", "there twice"),
        ("<p class=\"a\" class=\"b\">a</p>", "not HTML"),
        ("<h1>B</h1>", "not one <h1>"),
        ("<form method=\"post\"><input name=\"a\"></form>", "without a label"),
        (
            "<form method=\"post\"><label for=\"b\">B</label><select name=\"a\" id=\"a\"></select></form>",
            "leads nowhere",
        ),
        ("<p aria-describedby=\"nothing\">a</p>", "aria-describedby leads nowhere"),
        ("<a href=\"#nothing\">a</a>", "leads nowhere on this page"),
        ("<a href=\"/\"></a>", "nothing to read"),
        ("<img src=\"/a.svg\">", "without words"),
        ("<img src=\"https://example.org/a.svg\" alt=\"a\">", "another host"),
        ("<p style=\"color: red\">a</p>", "a style of its own"),
        ("<script>1</script>", "a script"),
        ("<p onclick=\"a()\">a</p>", "a script"),
        ("<table><tbody><tr><td>1</td></tr></tbody></table>", "without a caption"),
        ("<span><ul><li>a</li></ul></span>", "a block among words"),
        ("<ul><p>a</p></ul>", "does not belong"),
        ("<a href=\"/\"><button>a</button></a>", "to press in something"),
        ("<p>{} of {}</p>", "a brace"),
        (
            "<a class=\"leave\" href=\"/leave\">L</a><form method=\"post\"><button>B</button></form>",
            "the word of its session",
        ),
    ];
    for (body, said) in faults {
        let wrong = Page::read(&page("", body)).wrong;
        assert!(wrong.iter().any(|wrong| wrong.contains(said)), "{body}: {wrong:?}");
    }
}

#[test]
fn the_words_of_a_page_are_what_one_reads_and_hears() {
    let page = "<!doctype html><html lang=\"ru\"><head><title>A  b</title></head><body><nav aria-label=\"C\"><a lang=\"en\" \
        href=\"/\">no</a></nav><p>D <code>no</code> e</p><img alt=\"F\" src=\"/\"><pre>no</pre></body></html>";
    assert_eq!(Page::read(page).words(), ["A b", "C", "D", "e", "F"]);
}
