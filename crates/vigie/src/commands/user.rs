//! `vigie user`: who may log in to the pages.

use std::{io::BufRead, process::ExitCode};

use anyhow::{Context as _, Result, bail};
use web::auth::{self, AuthError};

use super::Context;
use crate::{cli::UserArguments, stores};

/// Adds the user if there is none of this name; sets the password, or prints a login link.
pub async fn run(arguments: UserArguments, context: &Context) -> Result<ExitCode> {
    let database = stores::open_state(&context.data_dir)?;
    let password = if arguments.password_stdin { Some(read_password()?) } else { None };
    match auth::create_user(&database, &arguments.name, password.as_deref()).await {
        Ok(()) => println!("user {} added", arguments.name),
        Err(AuthError::NameTaken(_)) => {
            if let Some(password) = &password {
                auth::set_password(&database, &arguments.name, password).await?;
                println!("password of {} changed, its sessions are over", arguments.name);
            }
        }
        Err(error) => return Err(error.into()),
    }
    if password.is_none() {
        let token = auth::create_one_time_login(&database, &arguments.name).await?;
        let address = context.config.web.listen;
        println!("log in once, within one hour: http://{address}/login?token={token}");
    }
    Ok(ExitCode::SUCCESS)
}

fn read_password() -> Result<String> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("cannot read the password from standard input")?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        bail!("standard input holds no password; write it as one line");
    }
    Ok(password.to_owned())
}
