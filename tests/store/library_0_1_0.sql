-- A library that version 0.1.0 wrote, as SQL: its schema and a few rows of every kind.
PRAGMA application_id = 1347180354;
PRAGMA user_version = 1;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE tracks (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        path TEXT NOT NULL UNIQUE,
        content_hash TEXT,
        size_bytes INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        analysis TEXT NOT NULL DEFAULT 'pending' CHECK (analysis IN ('pending', 'analyzed', 'failed')),
        missing_since REAL,
        status TEXT AS (CASE WHEN missing_since IS NULL THEN analysis ELSE 'missing' END) VIRTUAL,
        error TEXT,
        error_kind TEXT,
        title TEXT, artist TEXT, album TEXT, album_artist TEXT, genre TEXT,
        year INTEGER, track_number INTEGER,
        added_at REAL NOT NULL,
        search TEXT NOT NULL DEFAULT '');
CREATE TABLE feature_layouts (id INTEGER PRIMARY KEY, names TEXT NOT NULL UNIQUE);
CREATE TABLE features (
        content_hash TEXT PRIMARY KEY,
        version INTEGER NOT NULL,
        layout INTEGER NOT NULL REFERENCES feature_layouts (id),
        numbers BLOB NOT NULL,
        labels TEXT NOT NULL,
        vector BLOB NOT NULL,
        seconds REAL NOT NULL,
        computed_at REAL NOT NULL);
CREATE TABLE feature_details (
        content_hash TEXT PRIMARY KEY REFERENCES features (content_hash) ON DELETE CASCADE,
        scalars TEXT NOT NULL,
        series BLOB NOT NULL);
CREATE TABLE quarantine (
        content_hash TEXT PRIMARY KEY,
        error TEXT NOT NULL,
        error_kind TEXT NOT NULL,
        at REAL NOT NULL);
CREATE TABLE embeddings (
        content_hash TEXT NOT NULL,
        model TEXT NOT NULL,
        version TEXT NOT NULL,
        model_hash TEXT NOT NULL,
        vector BLOB NOT NULL,
        computed_at REAL NOT NULL,
        PRIMARY KEY (content_hash, model));
CREATE TABLE predictions (
        content_hash TEXT NOT NULL,
        model TEXT NOT NULL,
        version TEXT NOT NULL,
        model_hash TEXT NOT NULL,
        scores TEXT NOT NULL,
        computed_at REAL NOT NULL,
        PRIMARY KEY (content_hash, model));
CREATE TABLE ratings (
        content_hash TEXT PRIMARY KEY,
        rating REAL,
        plays INTEGER NOT NULL DEFAULT 0,
        last_played_at REAL,
        labels TEXT NOT NULL DEFAULT '{}');
CREATE TABLE playlists (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL,
        method TEXT NOT NULL,
        parameters TEXT NOT NULL,
        random_state INTEGER,
        snapshot TEXT NOT NULL,
        versions TEXT NOT NULL,
        card TEXT NOT NULL,
        recipe TEXT NOT NULL,
        created_at REAL NOT NULL);
CREATE TABLE playlist_tracks (
        playlist_id INTEGER NOT NULL REFERENCES playlists (id) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        track_id INTEGER NOT NULL,
        content_hash TEXT,
        explanation TEXT NOT NULL,
        PRIMARY KEY (playlist_id, position));
CREATE TABLE processes (
        id TEXT PRIMARY KEY,
        pid INTEGER NOT NULL,
        role TEXT NOT NULL,
        started_at REAL NOT NULL,
        updated_at REAL NOT NULL,
        payload TEXT NOT NULL);
CREATE TABLE metrics_history (at REAL PRIMARY KEY, payload TEXT NOT NULL);
CREATE TABLE jobs (
        id TEXT PRIMARY KEY,
        kind TEXT NOT NULL,
        status TEXT NOT NULL,
        payload TEXT NOT NULL,
        created_at REAL NOT NULL,
        updated_at REAL NOT NULL);
CREATE TABLE benchmarks (id INTEGER PRIMARY KEY, at REAL NOT NULL, payload TEXT NOT NULL);
CREATE TABLE artifacts (
        kind TEXT NOT NULL,
        key TEXT NOT NULL,
        snapshot TEXT NOT NULL,
        value BLOB NOT NULL,
        created_at REAL NOT NULL,
        PRIMARY KEY (kind, key));
INSERT INTO meta (key, value) VALUES ('library_id', '6e46f627aca8');
INSERT INTO meta (key, value) VALUES ('changes', '10');
INSERT INTO meta (key, value) VALUES ('app:told', 'true');
INSERT INTO meta (key, value) VALUES ('app:retired_totals', '{"caches":{"analysis_cache":{"hits":0,"misses":0,"evictions":0,"expirations":0,"rejected":0,"compressions":0,"decompressions":0,"cleanup_runs":0},"feature_cache":{"hits":0,"misses":0,"evictions":0,"expirations":0,"rejected":0,"compressions":0,"decompressions":0,"cleanup_runs":0}},"database_pool":{"total_queries":41,"failed_queries":0,"retries":0,"pool_hits":10,"pool_misses":2,"waits":0,"wait_seconds":0},"async_processor":{"total_processed":0,"total_failed":0,"total_timeouts":0,"total_crashes":0,"audio_seconds":0,"busy_seconds":0,"available_seconds":0},"processes":1,"since":1795735072.124519}');
INSERT INTO tracks (id, path, content_hash, size_bytes, mtime_ns, analysis, missing_since, error, error_kind, title, artist, album, album_artist, genre, year, track_number, added_at, search) VALUES (1, '/music/tone.wav', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 100, 200, 'analyzed', NULL, NULL, NULL, 'Tone', 'Ann', NULL, NULL, 'Test', 1999, NULL, 1700000000.0, 'tone
ann
test
/music/tone.wav');
INSERT INTO tracks (id, path, content_hash, size_bytes, mtime_ns, analysis, missing_since, error, error_kind, title, artist, album, album_artist, genre, year, track_number, added_at, search) VALUES (2, '/music/broken.mp3', NULL, 5, 6, 'failed', NULL, 'it is not audio', 'format', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1700000000.0, '/music/broken.mp3');
INSERT INTO tracks (id, path, content_hash, size_bytes, mtime_ns, analysis, missing_since, error, error_kind, title, artist, album, album_artist, genre, year, track_number, added_at, search) VALUES (3, '/music/gone.mp3', 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', 7, 8, 'pending', 1700000000.0, NULL, NULL, 'Gone', NULL, NULL, NULL, NULL, NULL, NULL, 1700000000.0, 'gone
/music/gone.mp3');
INSERT INTO tracks (id, path, content_hash, size_bytes, mtime_ns, analysis, missing_since, error, error_kind, title, artist, album, album_artist, genre, year, track_number, added_at, search) VALUES (4, '/music/crash.mp3', 'cccccccccccccccccccccccccccccccc', 9, 10, 'failed', NULL, 'it crashed its worker', 'crash', 'Crash', NULL, NULL, NULL, NULL, NULL, NULL, 1700000000.0, 'crash
/music/crash.mp3');
INSERT INTO feature_layouts (id, names) VALUES (1, '[["acousticness","bpm","bpm_alternative","bpm_confidence","brightness","channels","chord_change_rate_hz","danceability","duration_s","dynamic_complexity_db","fade_in_s","fade_out_s","genre","instrumentalness","key_strength","leading_silence_s","liveness","loudness_lufs","loudness_range_lu","mood","onset_rate_hz","preview_start_s","replay_gain_db","sample_rate_hz","spectral_bandwidth_hz","spectral_centroid_hz","spectral_flatness","spectral_flux","spectral_rolloff_hz","speechiness","tempo_stability","time_signature","trailing_silence_s","true_peak_dbtp","truncated","tuning_hz","valence","zero_crossing_rate"],["camelot","key","key_runner_up","open_key","scale","scale_runner_up"]]');
INSERT INTO features (content_hash, version, layout, numbers, labels, vector, seconds, computed_at) VALUES ('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 3, 1, X'000000000000F87FB350D9B9C00C5E405706BAB8990D4E4038F60B01E111ED3F0000E4361E6CFC3E000000000000F03F0000000000000000000000000000F87F0000000000001040C379E6A5C891F63F00000000000000000000000000000000000000000000F87F000000000000F87FCC4984CC3B60E63F0000000000000000000000000000F87F39B0A644C05232C00078FAB583AA873F000000000000F87F00000000000008400000000000000000400EAC2911B0D43F000000008088D540310CC35088AB7740ABAAAA6AD64E7140C330440F16F2F03E3DCFF37C6AD8B93F0CC330ECC55C7240000000000000F87FD2736BD5A1D1EF3F000000000000F87F407257AAD8BDD03F060BC63682E924C000000000000000004B4CED33A5847B40000000000000F87F0000000000006640', '["11B","A","A","4d","major","minor"]', X'ABF79F423B2040423E950D429FFAAB4104746C41F463B6401A59FF3FB3AE55C06344B6C0D20C06C1E7B51FC1698B2AC1EB52B04103D89841C2662C41B0C9EC4032690C4126BF1D40158F66401220AB3FF901943FABAA2F40F6CA354002335B40F0688740D477A242816EFB41B07F6141515922410B28F440E02CA5400D17014056D00141CE2D03414F5499C054C3CE3DF260E337AAB3EE400215043FB658C53CFE90C13C012ED33CF2B8053D4C1F103E3EDE9B3CC400D33CD1089D3D78628B3CB040DC3C960D933DDB744524DE01333FDE01333F00000000B3DE1C3B088F683F0F8D7E3F0000404000000000029692C11E543D3C458EB43F', 0.0, 1700000000.0);
INSERT INTO feature_details (content_hash, scalars, series) VALUES ('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', '{"duration_s":4.0,"sample_rate_hz":22050,"channels":1,"truncated":false,"bpm":120.19926305982771,"bpm_confidence":0.9084324856227743,"bpm_alternative":60.106253710586934,"tempo_stability":0.9943398636202068,"time_signature":null,"onset_rate_hz":3.0,"danceability":null,"key":"A","scale":"major","key_strength":0.6992472643344683,"key_runner_up":"A","scale_runner_up":"minor","camelot":"11B","open_key":"4d","tuning_hz":440.29033272451915,"chord_change_rate_hz":0.0,"loudness_lufs":-18.323246279426005,"loudness_range_lu":0.011555699339904635,"true_peak_dbtp":-10.456071578669718,"replay_gain_db":0.32324627942600515,"dynamic_complexity_db":1.4105917435150424,"leading_silence_s":0.0,"trailing_silence_s":0.26158730158730137,"fade_in_s":0.0,"fade_out_s":0.0,"spectral_centroid_hz":276.92734781901044,"spectral_bandwidth_hz":378.72078014555433,"spectral_rolloff_hz":293.7983209519159,"spectral_flatness":0.000016160630324655417,"spectral_flux":0.10095849562258948,"zero_crossing_rate":176.0,"brightness":0.000027105651889236526,"preview_start_s":0.0,"valence":null,"acousticness":null,"instrumentalness":null,"speechiness":null,"liveness":null,"mood":null,"genre":null,"tempo_candidates_bpm":[120.19926452636719,60.10625457763672,85.92608642578125,95.85395050048828,159.1862335205078],"tempo_candidates_weight":[1.0,0.1831350326538086,0.11875288188457489,0.11731784790754318,0.1017114669084549],"chroma_mean":[0.025778772309422493,0.03264708071947098,0.1407443881034851,0.019026871770620346,0.02575720101594925,0.07667697221040726,0.017014726996421814,0.026886314153671265,0.0718032568693161,0.515945553779602,0.024090152233839035,0.023628707975149155],"chroma_deviation":[0.015128420665860176,0.023518521338701248,0.02315492369234562,0.011980597861111164,0.015153083950281143,0.008879066444933414,0.012655037455260754,0.016173847019672394,0.08384469896554947,0.13475118577480316,0.012766758911311626,0.020503448322415352],"spectral_contrast_mean":[81.23403930664062,31.428956985473633,14.093673706054688,10.146805763244629,7.62988805770874,5.1617279052734375,2.0170319080352783],"mfcc_mean":[-468.535400390625,79.98372650146484,48.03147506713867,35.39574432373047,21.497373580932617,14.778324127197266,5.699701309204102,1.9949066638946533,-3.338787794113159,-5.695847988128662,-8.378129959106445,-9.98190975189209,-10.659035682678223],"mfcc_variance":[485.7831115722656,365.0191345214844,116.10250854492188,54.75437545776367,77.01261138916016,6.075198173522949,12.977883338928223,1.7873448133468628,1.3370531797409058,7.533881187438965,8.068511962890625,11.730545043945312,17.906099319458008]}', X'50574231290100007B2262656174735F73223A7B227E61223A5B223C6634222C5B345D2C302C31365D7D2C226368726F6D615F6375727665223A7B227E61223A5B223C6634222C5B342C31325D2C31362C3139325D7D2C226C6F75646E6573735F63757276655F6C756673223A7B227E61223A5B223C6634222C5B345D2C3230382C31365D7D2C2273656374696F6E735F73223A7B227E61223A5B223C6634222C5B315D2C3232342C345D7D2C2273656374696F6E5F6E6F76656C7479223A7B227E61223A5B223C6634222C5B315D2C3233322C345D7D2C22656E657267795F63757276655F6462223A7B227E61223A5B223C6634222C5B345D2C3234302C31365D7D2C2277617665666F726D5F7065616B73223A7B227E61223A5B223C6634222C5B342C325D2C3235362C33325D7D7D0000000000000025E3F93EF29A7F3F7D5DBE3FF29AFF3F1B40B93C3AF5013D4E58183EDA87803C0F528F3CA78AAC3D00D27C3C4FFEAD3C33FD153D76560F3FB7EEA73C8BEFD23C9DAF5E3D07838B3D0E24D43D2A390C3DBA25713D8DE69D3D37532A3D947B273D57AE1B3E51E8843ED982153D52C4953DE59B483C309D353BA5432A3E046E2939AF5BA03C67A2BE3D66016336000000009DE7483AA6A8333F0D305A3B00000000A63E973C62B1BD3C6E5D143E22B5C93C4154713CA447933DAF6B943C9F2BB63C79902D3DEB200F3FBB480C3DB63FD63CD37692C1D68092C1158292C1F88892C100000000000000000000803F00000000897D8BC107AE8BC18AAC8BC11DF78CC100A099BE00A0993E00A099BE00A0993E00A099BE00A0993E0000000000000000');
INSERT INTO quarantine (content_hash, error, error_kind, at) VALUES ('cccccccccccccccccccccccccccccccc', 'it crashed its worker', 'crash', 1700000000.0);
INSERT INTO embeddings (content_hash, model, version, model_hash, vector, computed_at) VALUES ('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'musicnn', '1', 'f0f0f0f0f0f0f0f0', X'0000803F0000004000004040', 1700000000.0);
INSERT INTO predictions (content_hash, model, version, model_hash, scores, computed_at) VALUES ('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'tagger:genre', '1', 'ab', '{"rock":0.75,"folk":0.25}', 1700000000.0);
INSERT INTO ratings (content_hash, rating, plays, last_played_at, labels) VALUES ('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 1.0, 1, 1700000000.0, '{"genre":"rock"}');
INSERT INTO playlists (id, name, method, parameters, random_state, snapshot, versions, card, recipe, created_at) VALUES (1, 'evening', 'tag_based', '{"size":5,"order":"none","value":"Test"}', 7, '6e46f627aca8-10', '{"playlist-workbench":"0.1.0","numpy":"2.4.6","scikit-learn":"1.9.1"}', '{"tracks":1,"duration_s":4.0,"artists":1,"artist_spread":1.0,"closest_repeat":null,"tempo_curve":[120.2],"energy_curve":[0.5],"notes":[{"constraint":"size","asked":5,"got":1,"message":"5 tracks asked, 1 given: no more were found among 1 candidate; 4 short."}]}', '{"recipe":1,"name":"evening","method":"tag_based","parameters":{"size":5,"order":"none","value":"Test"},"random_state":7,"snapshot":"6e46f627aca8-10","versions":{"playlist-workbench":"0.1.0","numpy":"2.4.6","scikit-learn":"1.9.1"},"newest_id":4}', 1795735072.0645456);
INSERT INTO playlist_tracks (playlist_id, position, track_id, content_hash, explanation) VALUES (1, 0, 1, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', '{"group":"genre “test” (1 track)","tag":"genre","value":"test","text":"In genre “test” (1 track)."}');
INSERT INTO metrics_history (at, payload) VALUES (1700000000.0, '{"cpu":5}');
INSERT INTO jobs (id, kind, status, payload, created_at, updated_at) VALUES ('job1', 'analyze', 'done', '{"done":1}', 1700000000.0, 1700000000.0);
INSERT INTO benchmarks (id, at, payload) VALUES (1, 1700000000.0, '{"speed":1}');
INSERT INTO artifacts (kind, key, snapshot, value, created_at) VALUES ('map', 'pca', '6e46f627aca8-10', X'50574231230000007B22706F696E7473223A7B227E61223A5B223C6634222C5B312C325D2C302C385D7D7D00000000000000000000000000', 1700000000.0);
CREATE INDEX tracks_by_content_hash ON tracks (content_hash, missing_since);
CREATE INDEX tracks_by_status ON tracks (status);
CREATE INDEX playlists_by_name ON playlists (name, id);
CREATE INDEX playlist_tracks_by_track ON playlist_tracks (track_id);
CREATE INDEX jobs_by_status ON jobs (status, created_at);
CREATE TRIGGER tracks_insert_counts AFTER INSERT ON tracks WHEN 1 BEGIN UPDATE meta SET value = value + 1 WHERE key = 'changes'; END;
CREATE TRIGGER tracks_delete_counts AFTER DELETE ON tracks WHEN 1 BEGIN UPDATE meta SET value = value + 1 WHERE key = 'changes'; END;
CREATE TRIGGER tracks_update_counts AFTER UPDATE ON tracks WHEN old.path IS NOT new.path OR old.content_hash IS NOT new.content_hash OR old.status IS NOT new.status OR old.title IS NOT new.title OR old.artist IS NOT new.artist OR old.album IS NOT new.album OR old.album_artist IS NOT new.album_artist OR old.genre IS NOT new.genre OR old.year IS NOT new.year OR old.track_number IS NOT new.track_number BEGIN UPDATE meta SET value = value + 1 WHERE key = 'changes'; END;
CREATE TRIGGER features_insert_counts AFTER INSERT ON features WHEN 1 BEGIN UPDATE meta SET value = value + 1 WHERE key = 'changes'; END;
CREATE TRIGGER features_delete_counts AFTER DELETE ON features WHEN 1 BEGIN UPDATE meta SET value = value + 1 WHERE key = 'changes'; END;
CREATE TRIGGER features_update_counts AFTER UPDATE ON features WHEN old.version IS NOT new.version OR old.layout IS NOT new.layout OR old.numbers IS NOT new.numbers OR old.labels IS NOT new.labels OR old.vector IS NOT new.vector BEGIN UPDATE meta SET value = value + 1 WHERE key = 'changes'; END;
CREATE TRIGGER embeddings_insert_counts AFTER INSERT ON embeddings WHEN 1 BEGIN UPDATE meta SET value = value + 1 WHERE key = 'changes'; END;
CREATE TRIGGER embeddings_delete_counts AFTER DELETE ON embeddings WHEN 1 BEGIN UPDATE meta SET value = value + 1 WHERE key = 'changes'; END;
CREATE TRIGGER embeddings_update_counts AFTER UPDATE ON embeddings WHEN old.version IS NOT new.version OR old.model_hash IS NOT new.model_hash OR old.vector IS NOT new.vector BEGIN UPDATE meta SET value = value + 1 WHERE key = 'changes'; END;
CREATE TRIGGER predictions_insert_counts AFTER INSERT ON predictions WHEN 1 BEGIN UPDATE meta SET value = value + 1 WHERE key = 'changes'; END;
CREATE TRIGGER predictions_delete_counts AFTER DELETE ON predictions WHEN 1 BEGIN UPDATE meta SET value = value + 1 WHERE key = 'changes'; END;
CREATE TRIGGER predictions_update_counts AFTER UPDATE ON predictions WHEN old.version IS NOT new.version OR old.model_hash IS NOT new.model_hash OR old.scores IS NOT new.scores BEGIN UPDATE meta SET value = value + 1 WHERE key = 'changes'; END;
