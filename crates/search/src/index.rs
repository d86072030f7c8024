//! The index: opened, searched, written to.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use domain::{LiveEvent, MentionKey, TaggedMention};
use journal::{Entry, ReaderError, TaggedReader};
use query::{Query, analysis::ANALYSIS_VERSION};
use tantivy::{
    DocAddress, Index, IndexReader, IndexSettings, IndexWriter, ReloadPolicy, Searcher, TantivyDocument,
    TantivyError,
    directory::{Directory, MmapDirectory, error::LockError},
    query::{BooleanQuery, Query as IndexQuery, TermQuery},
    schema::{IndexRecordOption, Value},
};

use crate::{
    Facets, Hit, PageRequest, SearchError, SearchPage,
    collect::{Found, NewestFirst, Place},
    error::io_error,
    hit::StoredHit,
    schema::{ANALYSIS, AnalysisTokenizer, Fields},
    translate::translate,
    writer::{CommitNote, apply, open_writer},
};

/// The index of all current mentions. Clones share it.
#[derive(Clone)]
pub struct SearchIndex {
    inner: Arc<Inner>,
}

struct Inner {
    dir: PathBuf,
    index: Index,
    reader: IndexReader,
    fields: Fields,
    access: Access,
}

enum Access {
    /// This process writes. The writer is none after a failure, until the next batch opens it again: a writer that met a full
    /// disk stays broken, while the index as last committed is whole.
    Write(Box<Mutex<Option<IndexWriter>>>),
    /// Another process may write: what it committed is looked for before each search.
    Read,
}

impl SearchIndex {
    /// Opens the index in `dir`, or begins one, for reading and writing.
    ///
    /// # Errors
    /// [`SearchError::Locked`] while another process has it open for writing, [`SearchError::Unusable`] if it is damaged or was
    /// built by another version.
    pub fn open(dir: &Path) -> Result<Self, SearchError> {
        create_folder(dir).map_err(|source| SearchError::Folder { dir: dir.to_owned(), source })?;
        let directory = open_folder(dir)?;
        Self::open_for_writing(Box::new(directory), dir)
    }

    /// Opens the index in `dir` beside the process that writes it. The folder must be writable for the lock that keeps the other
    /// process from removing files while they are opened.
    ///
    /// # Errors
    /// [`SearchError::Missing`] if there is none, [`SearchError::Unusable`] if it is damaged or was built by another version.
    pub fn open_read_only(dir: &Path) -> Result<Self, SearchError> {
        let missing = || SearchError::Missing { dir: dir.to_owned() };
        if !dir.is_dir() {
            return Err(missing());
        }
        let directory = open_folder(dir)?;
        if !Index::exists(&directory).map_err(|error| opening_error(dir, error.into()))? {
            return Err(missing());
        }
        Self::open_in(Box::new(directory), dir, |_| Ok(Access::Read))
    }

    pub(crate) fn open_for_writing(directory: Box<dyn Directory>, dir: &Path) -> Result<Self, SearchError> {
        Self::open_in(directory, dir, |index| {
            let writer = open_writer(index).map_err(|error| opening_error(dir, error))?;
            Ok(Access::Write(Box::new(Mutex::new(Some(writer)))))
        })
    }

    fn open_in(
        directory: Box<dyn Directory>,
        dir: &Path,
        access: impl FnOnce(&Index) -> Result<Access, SearchError>,
    ) -> Result<Self, SearchError> {
        let (schema, fields) = Fields::new();
        let settings =
            IndexSettings { docstore_compress_dedicated_thread: false, ..IndexSettings::default() };
        let index = Index::builder()
            .schema(schema)
            .settings(settings)
            .open_or_create(directory)
            .map_err(|error| opening_error(dir, error))?;
        index.tokenizers().register(ANALYSIS, AnalysisTokenizer);
        let note = CommitNote::read(&index)?;
        if note.is_some_and(|note| note.analysis != ANALYSIS_VERSION) {
            let reason = "it was built by a version of vigie that analysed texts otherwise".to_owned();
            return Err(SearchError::Unusable { dir: dir.to_owned(), reason });
        }
        let reader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .try_into()
            .map_err(|error| opening_error(dir, error))?;
        let access = access(&index)?;
        Ok(Self { inner: Arc::new(Inner { dir: dir.to_owned(), index, reader, fields, access }) })
    }

    /// The stage that follows the journal and fills the index.
    pub fn reader_stage(&self) -> impl TaggedReader + use<> {
        SearchReader { index: self.clone() }
    }

    /// The offset of the journal up to which everything is indexed; 0 in a new index.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub async fn offset(&self) -> Result<u64, SearchError> {
        self.run(|inner| Ok(CommitNote::read(&inner.index)?.map_or(0, |note| note.offset))).await
    }

    /// Finds mentions, newest first.
    ///
    /// # Errors
    /// [`SearchError::BadCursor`] for a cursor that no page gave; else if the index cannot be read.
    pub async fn search(&self, query: &Query, page: &PageRequest) -> Result<SearchPage, SearchError> {
        let (query, page) = (query.clone(), page.clone());
        self.run(move |inner| inner.search(&query, &page)).await
    }

    /// The newest mentions, or the newest that match.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub async fn recent(&self, limit: usize, filter: Option<&Query>) -> Result<Vec<Hit>, SearchError> {
        let query = filter.cloned().unwrap_or_else(Query::everything);
        let page = PageRequest { limit, cursor: None, facets: false };
        Ok(self.search(&query, &page).await?.hits)
    }

    /// One mention in its current version; none if it is unknown or was deleted.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub async fn get(&self, key: &MentionKey) -> Result<Option<Hit>, SearchError> {
        let key = key.clone();
        self.run(move |inner| inner.get(&key)).await
    }

    /// How many mentions are indexed.
    ///
    /// # Errors
    /// If the index cannot be read.
    pub async fn count(&self) -> Result<usize, SearchError> {
        let page = PageRequest { limit: 0, cursor: None, facets: false };
        Ok(self.search(&Query::everything(), &page).await?.total)
    }

    /// Runs `work` where it may take its time. tantivy panics on some damaged files: that, too, is told as an error.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, SearchError> + Send + 'static,
    ) -> Result<T, SearchError> {
        let inner = Arc::clone(&self.inner);
        let dir = self.inner.dir.clone();
        match tokio::task::spawn_blocking(move || work(&inner)).await {
            Ok(result) => result,
            Err(error) if error.is_panic() => {
                Err(SearchError::Unusable { dir, reason: "reading it failed unexpectedly".to_owned() })
            }
            Err(_) => Err(SearchError::Ended),
        }
    }
}

impl Inner {
    fn searcher(&self) -> Result<Searcher, SearchError> {
        if matches!(self.access, Access::Read) {
            self.reader.reload()?;
        }
        Ok(self.reader.searcher())
    }

    fn search(&self, query: &Query, page: &PageRequest) -> Result<SearchPage, SearchError> {
        let limit = page.limit.min(PageRequest::MAX_LIMIT);
        let behind = page.cursor.as_deref().map(Place::from_cursor).transpose()?;
        let searcher = self.searcher()?;
        let newest_first = NewestFirst { limit: limit + 1, behind, with_facets: page.facets };
        let found: Found = searcher.search(&*translate(query, &self.fields), &newest_first)?;
        let Found { total, mut newest, facets } = found;
        let has_more = newest.len() > limit;
        newest.truncate(limit);
        let next = newest.last().filter(|_| has_more).map(|(place, _)| place.to_cursor());
        let hits = newest
            .into_iter()
            .map(|(_, address)| self.stored(&searcher, address).map(|stored| stored.highlighted(query)))
            .collect::<Result<_, _>>()?;
        let facets = if page.facets { facets } else { Facets::default() };
        Ok(SearchPage { total, hits, facets, next })
    }

    fn get(&self, key: &MentionKey) -> Result<Option<Hit>, SearchError> {
        let exactly =
            |term| -> Box<dyn IndexQuery> { Box::new(TermQuery::new(term, IndexRecordOption::Basic)) };
        let terms = vec![exactly(self.fields.key_term(key)), exactly(self.fields.live_term())];
        let searcher = self.searcher()?;
        let one = NewestFirst { limit: 1, behind: None, with_facets: false };
        let found: Found = searcher.search(&BooleanQuery::intersection(terms), &one)?;
        let address = found.newest.first().map(|(_, address)| *address);
        address.map(|address| Ok(self.stored(&searcher, address)?.without_highlights())).transpose()
    }

    fn stored(&self, searcher: &Searcher, address: DocAddress) -> Result<StoredHit, SearchError> {
        let document: TantivyDocument = searcher.doc(address)?;
        let stored = document.get_first(self.fields.hit).and_then(|value| value.as_bytes());
        let hit = stored.map(serde_json::from_slice).transpose();
        match hit {
            Ok(Some(hit)) => Ok(hit),
            Ok(None) => Err(self.damaged("a mention in it has no text".to_owned())),
            Err(error) => Err(self.damaged(format!("a mention in it cannot be read: {error}"))),
        }
    }

    fn damaged(&self, reason: String) -> SearchError {
        SearchError::Unusable { dir: self.dir.clone(), reason }
    }

    fn apply(&self, batch: &[Entry<TaggedMention>]) -> Result<Vec<LiveEvent>, SearchError> {
        let Access::Write(writer) = &self.access else { return Err(SearchError::ReadOnly) };
        // A panic while the writer was held leaves at worst a writer that is replaced below.
        let mut held = writer.lock().unwrap_or_else(PoisonError::into_inner);
        let mut writer = match held.take() {
            Some(writer) => writer,
            None => open_writer(&self.index).map_err(|error| opening_error(&self.dir, error))?,
        };
        let events = apply(&mut writer, &self.reader.searcher(), &self.fields, batch)?;
        *held = Some(writer);
        self.reader.reload()?;
        Ok(events)
    }
}

fn create_folder(dir: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

fn open_folder(dir: &Path) -> Result<MmapDirectory, SearchError> {
    let folder_error = |error| SearchError::Folder { dir: dir.to_owned(), source: io::Error::other(error) };
    MmapDirectory::open(dir).map_err(folder_error)
}

/// What an error means while the index is opened: what is neither another process nor the file system is damage.
fn opening_error(dir: &Path, error: TantivyError) -> SearchError {
    let dir = dir.to_owned();
    let source = io_error(&error).filter(|source| source.kind() == io::ErrorKind::PermissionDenied);
    if let Some(source) = source {
        return SearchError::Folder { dir, source: io::Error::other(source) };
    }
    match SearchError::from(error) {
        SearchError::Index(TantivyError::LockFailure(LockError::LockBusy, _)) => SearchError::Locked { dir },
        SearchError::Index(error) => SearchError::Unusable { dir, reason: error.to_string() },
        other => other,
    }
}

struct SearchReader {
    index: SearchIndex,
}

#[async_trait]
impl TaggedReader for SearchReader {
    fn name(&self) -> &'static str {
        "search"
    }

    async fn stored_offset(&mut self) -> Option<u64> {
        match self.index.offset().await {
            Ok(offset) => Some(offset),
            Err(error) => {
                tracing::error!(%error, "the search index does not say where it stands, following the journal");
                None
            }
        }
    }

    async fn apply(&mut self, batch: &[Entry<TaggedMention>]) -> Result<Vec<LiveEvent>, ReaderError> {
        let batch = batch.to_vec();
        Ok(self.index.run(move |inner| inner.apply(&batch)).await?)
    }
}
