//! Building a tree from entries that are in order already.

use bstr::{BStr, BString, ByteSlice};

use super::builder::is_plain;
use super::tracking::TreeTracking;
use super::{BuildError, ContentId, Contents, Handle, Node, NodeData, NodeId, Tree};

/// Collects a tree's entries in order: the entries of a directory by the bytes of their names, each directory followed by
/// what is in it.  An entry is open from when it is pushed until it is closed; what is pushed in between is in it.
pub(super) struct OrderedBuilder {
    nodes: Vec<Node>,
    names: Vec<u8>,
    links: Vec<BString>,
    handles: u32,
    /// The entries that are open, the root first.
    open: Vec<NodeId>,
    /// The entry that was closed last.
    closed: Option<NodeId>,
}

impl OrderedBuilder {
    /// An empty root.
    pub(super) fn new() -> Self {
        Self::with_links(0, Vec::new())
    }

    /// An empty root, with room for `capacity` entries.  `links` has the targets of the symlinks that will be pushed as
    /// [`NodeData`].
    pub(super) fn with_links(capacity: usize, links: Vec<BString>) -> Self {
        let mut nodes = Vec::with_capacity(capacity + 1);
        nodes.push(Node {
            name: (0, 0),
            parent: NodeId(0),
            end: 0,
            children: (0, 0),
            form: NodeData::Directory { handle: None },
        });
        Self {
            nodes,
            names: Vec::new(),
            links,
            handles: 0,
            open: vec![NodeId(0)],
            closed: None,
        }
    }

    /// Notes that the source knows the root's content id, and gives the handle that the id will be asked for by.
    pub(super) fn identify_root(&mut self) -> Handle {
        let handle = self.next_handle();
        self.nodes[0].form = NodeData::Directory { handle: Some(handle) };
        handle
    }

    /// Opens a directory whose content id the source knows, and gives the handle that the id will be asked for by.
    pub(super) fn identified_directory(&mut self, name: &BStr) -> Result<Handle, BuildError> {
        let handle = self.next_handle();
        self.push_plain(name, NodeData::Directory { handle: Some(handle) })?;
        Ok(handle)
    }

    /// Adds an empty directory.
    pub(super) fn empty_directory(&mut self, name: &BStr) -> Result<(), BuildError> {
        self.push_plain(name, NodeData::Directory { handle: None })?;
        self.close();
        Ok(())
    }

    /// Adds a regular file.
    pub(super) fn file(&mut self, name: &BStr, executable: bool) -> Result<Handle, BuildError> {
        let handle = self.next_handle();
        self.push_plain(name, NodeData::File { executable, handle })?;
        self.close();
        Ok(handle)
    }

    /// Adds a symlink with its target as written.
    pub(super) fn symlink(&mut self, name: &BStr, target: BString) -> Result<(), BuildError> {
        let form = self.link(target);
        self.push_plain(name, form)?;
        self.close();
        Ok(())
    }

    /// Adds everything below the directory `from` of another tree to the directory that is open.  Calls `identified` with
    /// the content id of each file, and of each directory that has one, in the order of their new handles.
    pub(super) fn graft(
        &mut self,
        other: &Tree,
        from: NodeId,
        mut identified: impl FnMut(Option<ContentId>),
    ) -> Result<(), BuildError> {
        // For each entry that is open here, the index after its last descendant there.
        let mut ends = Vec::new();
        for index in other.subtree(from).skip(1) {
            while ends.last() == Some(&index) {
                ends.pop();
                self.close();
            }
            let id = NodeId::from_index(index);
            let form = self.form_of(other, id, &mut identified);
            self.push(other.name(id), form)?;
            ends.push(other.subtree(id).end);
        }
        for _ in ends {
            self.close();
        }
        Ok(())
    }

    fn form_of(&mut self, other: &Tree, id: NodeId, identified: &mut impl FnMut(Option<ContentId>)) -> NodeData {
        let mut rehandled = |handle| {
            identified(other.contents.content_id(handle));
            self.next_handle()
        };
        match other.node(id).form {
            NodeData::Directory { handle } => NodeData::Directory {
                handle: handle.map(rehandled),
            },
            NodeData::File { executable, handle } => NodeData::File {
                executable,
                handle: rehandled(handle),
            },
            NodeData::Symlink { link } => self.link(other.links[link as usize].clone()),
            NodeData::Special => NodeData::Special,
        }
    }

    fn link(&mut self, target: BString) -> NodeData {
        // There are no more symlinks than entries, and `push` limits those.
        let link = u32::try_from(self.links.len()).unwrap_or(u32::MAX);
        self.links.push(target);
        NodeData::Symlink { link }
    }

    /// Opens an entry after checking its name: that it is one, and that its neighbour has another.
    fn push_plain(&mut self, name: &BStr, form: NodeData) -> Result<(), BuildError> {
        if !is_plain(name) {
            return Err(BuildError::BadPath { path: self.path(name) });
        }
        let sibling = self
            .closed
            .filter(|closed| self.nodes[closed.index()].parent == self.innermost());
        if sibling.is_some_and(|sibling| self.name(sibling) == name) {
            return Err(BuildError::Duplicate { path: self.path(name) });
        }
        self.push(name, form)
    }

    /// The path that an entry called `name` would have if it was pushed next.
    fn path(&self, name: &BStr) -> BString {
        let around = self.open.iter().skip(1).map(|id| self.name(*id));
        bstr::join("/", around.chain([name])).into()
    }

    fn name(&self, id: NodeId) -> &BStr {
        let (start, end) = self.nodes[id.index()].name;
        self.names[start as usize..end as usize].as_bstr()
    }

    /// Whether the innermost open entry is a directory, so that another may be pushed.
    pub(super) fn is_in_directory(&self) -> bool {
        matches!(self.nodes[self.innermost().index()].form, NodeData::Directory { .. })
    }

    /// Opens an entry whose name has been checked.
    pub(super) fn push(&mut self, name: &BStr, form: NodeData) -> Result<(), BuildError> {
        let (Ok(id), Ok(end)) = (
            u32::try_from(self.nodes.len()),
            u32::try_from(self.names.len() + name.len()),
        ) else {
            return Err(BuildError::TooMany);
        };
        if id == u32::MAX {
            return Err(BuildError::TooMany);
        }
        self.names.extend_from_slice(name);
        self.nodes.push(Node {
            name: (end - name.len() as u32, end),
            parent: self.innermost(),
            end: 0,
            children: (0, 0),
            form,
        });
        self.open.push(NodeId(id));
        Ok(())
    }

    /// Closes the entry that was opened last; the root stays open.
    pub(super) fn close(&mut self) {
        if self.open.len() > 1
            && let Some(id) = self.open.pop()
        {
            self.nodes[id.index()].end = self.nodes.len() as u32;
            self.closed = Some(id);
        }
    }

    fn innermost(&self) -> NodeId {
        self.open.last().copied().unwrap_or(NodeId(0))
    }

    /// The tree of what was pushed, which reads the bytes of files from `contents`.  `source` is the tree as the user named
    /// it.
    pub(super) fn finish(mut self, source: String, contents: Box<dyn Contents>) -> Tree {
        while self.open.len() > 1 {
            self.close();
        }
        self.nodes[0].end = self.nodes.len() as u32;
        let children = link_children(&mut self.nodes);
        Tree {
            source,
            nodes: self.nodes,
            names: self.names,
            children,
            links: self.links,
            contents,
            tracking: TreeTracking::NoRepository,
        }
    }

    fn next_handle(&mut self) -> Handle {
        let handle = Handle(self.handles);
        self.handles = self.handles.saturating_add(1);
        handle
    }
}

/// Sets the range of children of each node, and gives the table that the ranges are of: the children of all directories,
/// one directory after the other.
fn link_children(nodes: &mut [Node]) -> Vec<NodeId> {
    let mut counts = vec![0u32; nodes.len()];
    for node in &nodes[1..] {
        counts[node.parent.index()] += 1;
    }
    let mut start = 0;
    for (node, count) in nodes.iter_mut().zip(counts) {
        node.children = (start, start);
        start += count;
    }
    let mut children = vec![NodeId(0); start as usize];
    for index in 1..nodes.len() {
        let parent = nodes[index].parent.index();
        let slot = &mut nodes[parent].children.1;
        children[*slot as usize] = NodeId(index as u32);
        *slot += 1;
    }
    children
}
